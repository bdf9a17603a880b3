-- A message that the agent has not seen, where the tenant wants each answered for itself.
begin;
select no_plan();

select tests.clock();
select app.configure_tenant(0::smallint, tests.tenant(), p_on_new_message => 'queue');
create temp table turn as select tests.working_turn() as t;
select tests.later('500 milliseconds');
select tests.ingest(tests.event('in-2', 'and dessert'));
select tests.answer(tests.conversation(), 'hi');
select is((tests.ready(tests.conversation())).at, app.now() + interval '900 milliseconds', 'its burst rests as long as any');
select tests.later('900 milliseconds');
select tests.claim();
create temp table second as select app.start_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 2) as t;
select isnt((select t ->> 'turn_id' from second), (select t ->> 'turn_id' from turn), 'it is a turn of its own');
select is((select t -> 'messages' -> 0 ->> 'text' from second), 'and dessert', 'with that message');
select is((select jsonb_array_length(t -> 'memory') from second), 2, 'which knows the turn before');

select * from finish();
rollback;
