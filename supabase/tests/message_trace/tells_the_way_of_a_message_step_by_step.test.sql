-- For people who look for a lost minute.
begin;
select no_plan();

select tests.clock();
create temp table turn as select tests.working_turn() as t;
select tests.later('1 second');
select app.complete_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1, (t ->> 'turn_id')::uuid,
  jsonb_build_object('replies', '[{"body": "hi", "content": {"type": "text"}}]'::jsonb, 'endpoint', 'http://a:1', 'called_at', app.now(), 'ms', 1)) from turn;
select tests.later('1 second');
select tests.start_attempt((select id from app.outbound_message));
select tests.later('1 second');
select tests.leave((select id from app.outbound_message));
select tests.later('1 second');
select tests.finish_attempt((select id from app.outbound_message), '{"state": "ACCEPTED", "provider_message_id": "p1"}');
select tests.later('1 second');
select tests.ingest(tests.status('p1', 'delivered'));
select tests.later('1 second');
select tests.ingest(tests.status('p1', 'read'));
select bag_eq($$ select at - '2026-11-20 10:00:00Z', step from public.message_trace('in-1') $$,
  $$ values (interval '0', 'ingested'), ('1 second', 'claimed'), ('2 seconds', 'agent_called'), ('2 seconds', 'answered'), ('2 seconds', 'outbound_stored'),
            ('3 seconds', 'send_prepared'), ('4 seconds', 'send_started'), ('5 seconds', 'accepted'), ('5 seconds', 'status_sent'), ('6 seconds', 'status_delivered'), ('7 seconds', 'status_read') $$, 'each step with its time');
select is((select array_agg(at order by ordinality) from public.message_trace('in-1') with ordinality), (select array_agg(at order by at) from public.message_trace('in-1')), 'in order');
select is_empty($$ select * from public.message_trace('never seen') $$, 'what was never seen has no trace');

select * from finish();
rollback;
