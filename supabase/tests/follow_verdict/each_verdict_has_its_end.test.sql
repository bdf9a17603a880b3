-- What becomes of the lane, the message and the task.
begin;
select no_plan();

select tests.clock();
create function pg_temp.follow (p_key text, p_verdict jsonb) returns jsonb language plpgsql as $$
declare
  v_id   uuid := tests.says('agent', p_key);
  v_lane uuid := tests.conversation();
begin
  perform tests.claim('outbound');
  return app.follow_verdict(0::smallint, v_lane, tests.token(v_lane, 'outbound'), (tests.ready(v_lane, 'outbound')).done + 1, o, p_verdict)
    from app.outbound_message o where o.id = v_id;
end; $$;
select is(pg_temp.follow('park', '{"verdict": "park", "code": "window_closed", "message": "closed"}'), '{"action": "done"}', 'parked');
select results_eq('select o.status, o.error, m.status from app.outbound_message o join public.messages m on m.id = o.message_id',
  $$ values ('PARKED', '{"code": "window_closed", "message": "closed"}'::jsonb, 'PARKED') $$, 'with the reason');
select results_eq('select kind, subject, reason, conversation_id, outbound_message_id from public.tasks',
  $$ select 'message_parked', id::text, 'closed', conversation_id, id from app.outbound_message $$, 'and a person is asked');
select is(pg_temp.follow('refuse', '{"verdict": "refuse", "code": "BLOCKED_BY_POLICY", "message": "no"}'), '{"action": "done"}', 'refused');
select is((select status || ' ' || (error ->> 'code') from app.outbound_message where idempotency_key = 'refuse'), 'FAILED BLOCKED_BY_POLICY', 'for good');
select is(pg_temp.follow('quiet', jsonb_build_object('verdict', 'wait', 'why', 'quiet_hours', 'until', app.now() + interval '8 hours')), '{"action": "done"}', 'put off');
select is((select status from app.outbound_message where idempotency_key = 'quiet'), 'QUEUED', 'it will leave');
select results_eq('select run_at from app.queue_scheduled', $$ values (app.now() + interval '8 hours') $$, 'at its time');
select is_empty($$ select from app.queue_ready where queue = 'outbound' $$, 'and nothing waits behind it');
select is(pg_temp.follow('rate', jsonb_build_object('verdict', 'wait', 'why', 'pair_rate', 'until', app.now() + interval '6 seconds')), '{"action": "wait", "why": "pair_rate"}', 'too fast');
select results_eq($$ select at, leased_by from app.queue_ready where queue = 'outbound' $$, $$ values (app.now() + interval '6 seconds', null::text) $$, 'it keeps its place');
select tests.later('6 seconds');
select tests.claim('outbound');
select is(app.follow_verdict(0::smallint, o.conversation_id, tests.token(o.conversation_id, 'outbound'), 1, o, '{"verdict": "replace", "content": {"type": "text", "text": "other"}}'), null, 'replaced: it goes on')
  from app.outbound_message o where idempotency_key = 'rate';
select results_eq($$ select o.sent_content ->> 'text', o.content ->> 'text', m.body from app.outbound_message o join public.messages m on m.id = o.message_id where idempotency_key = 'rate' $$,
  $$ values ('other', 'Your table is free.', 'other') $$, 'people see what leaves, and the wish is kept');

select * from finish();
rollback;
