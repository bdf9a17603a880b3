-- Superseded when it came, and taken back before it left.
begin;
select no_plan();

select tests.clock();
select tests.working_turn();
select tests.ingest(tests.event('in-2', 'and dessert'));
select tests.answer(tests.conversation(), 'dropped');
select tests.later('1 second');
select tests.claim();
select app.start_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 2);
select tests.answer(tests.conversation(), 'taken back');
select tests.ingest(tests.event('in-3', 'and coffee'));
select tests.start_attempt((select id from app.outbound_message));
select tests.later('1 second');
select bag_eq($$ select at - '2026-11-20 10:00:00Z', step, detail ->> 'reason' as reason, detail ->> 'answers' as answers from public.message_trace('in-1') $$,
  $$ values (interval '0', 'ingested', null, null), ('2 seconds', 'claimed', null, null), ('2 seconds', 'superseded', null, '2'), ('2 seconds', 'outbound_stored', null, null),
            ('2 seconds', 'cancelled', 'the customer wrote more before the answer was sent', null) $$, 'both');

select * from finish();
rollback;
