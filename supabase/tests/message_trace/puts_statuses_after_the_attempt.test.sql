-- The provider's clock knows whole seconds only, and may be behind ours.
begin;
select no_plan();

select tests.clock();
create temp table turn as select tests.working_turn() as t;
select app.complete_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1, (t ->> 'turn_id')::uuid,
  jsonb_build_object('replies', '[{"body": "hi", "content": {"type": "text"}}]'::jsonb, 'endpoint', 'http://a:1', 'called_at', app.now(), 'ms', 1)) from turn;
select tests.start_attempt((select id from app.outbound_message)), tests.leave((select id from app.outbound_message));
select tests.later('1 second');
select tests.finish_attempt((select id from app.outbound_message), '{"state": "ACCEPTED", "provider_message_id": "p1"}');
select tests.ingest(jsonb_set(tests.status('p1', 'read'), '{occurred_at}', to_jsonb(app.now() - interval '5 seconds')));
select tests.ingest(jsonb_set(tests.status('p1', 'delivered'), '{occurred_at}', to_jsonb(app.now() - interval '5 seconds')));
select results_eq($$ select step from public.message_trace('in-1') offset 5 $$,
  $$ values ('send_prepared'), ('send_started'), ('accepted'), ('status_sent'), ('status_delivered'), ('status_read') $$, 'sent, then its statuses in their order');

select * from finish();
rollback;
