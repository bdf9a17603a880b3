-- At the times that app.retention says.
begin;
select no_plan();

select tests.clock();
create function pg_temp.die (p_code text, p_queue app.queue_name default 'webhook', p_slug text default 'a') returns void language plpgsql as $$
declare v_lane uuid := gen_random_uuid();
begin
  perform app.enqueue_message(0::smallint, p_queue, v_lane, tests.tenant(p_slug), 'work', '{"n": 1}', 'cor');
  perform tests.claim(p_queue);
  perform app.schedule_message_retry(0::smallint, p_queue, v_lane, tests.token(v_lane, p_queue), 1, jsonb_build_object('code', p_code), 1);
  perform tests.later('1 minute');
end; $$;
select pg_temp.die('x'), pg_temp.die('y'), pg_temp.die('x', 'inbound'), pg_temp.die('x', 'webhook', 'b');
create temp table letter as select id, row_number() over (order by dead_at) as n from app.queue_dead_letter;

select app.replay_dead_letter(0::smallint, (select id from letter where n = 1)), app.discard_dead_letter(0::smallint, (select id from letter where n = 2), 'x');
select app.enqueue_message(0::smallint, 'inbound', gen_random_uuid(), tests.tenant(), 'work', '{}', 'c', p_idempotency_key => 'k1'),
       app.enqueue_message(0::smallint, 'inbound', gen_random_uuid(), tests.tenant(), 'work', '{}', 'c', p_idempotency_key => 'k2', p_run_at => app.now() + interval '30 days');
select tests.ingest(tests.status('orphan', 'read'));
select is(app.cleanup_old_messages(0::smallint), '{"keys": 0, "dead_letters": 0, "orphan_statuses": 0, "workflows": 0}', 'nothing is old');
select tests.later('8 days');
select app.set_retention('orphan_statuses', '9 days');
select is(app.cleanup_old_messages(0::smallint, '10 days'), '{"keys": 0, "dead_letters": 0, "orphan_statuses": 0, "workflows": 0}', 'an age that is given counts for all');
select is(app.cleanup_old_messages(0::smallint), '{"keys": 1, "dead_letters": 2, "orphan_statuses": 0, "workflows": 0}', 'all of it is, but what is kept for longer');
select tests.later('1 day 1 minute');
select is(app.cleanup_old_messages(0::smallint), '{"keys": 0, "dead_letters": 0, "orphan_statuses": 1, "workflows": 0}', 'which goes at its time');
select is((select count(*)::integer from app.list_dead_letters(0::smallint)), 2, 'open letters stay');
select is((select key from app.queue_idempotency), 'k2', 'the key of scheduled work too');
select is((select count(*)::integer from app.message_queue), 2, 'and all work');

select * from finish();
rollback;
