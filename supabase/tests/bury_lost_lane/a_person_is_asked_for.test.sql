-- A lost turn ends as a failed one.
begin;
select no_plan();

select tests.clock();
select tests.working_turn();
select tests.later('31 seconds');
do $$ begin for n in 1 .. 19 loop perform tests.claim(); perform tests.later('31 seconds'); end loop; end; $$;
select tests.claim();
select is((select status from app.turns), 'failed', 'the turn is failed');
select is((select person_request_reason from public.conversations), 'the agent could not answer', 'and a person is asked for');
select is((select queue from app.queue_dead_letter), 'inbound', 'the burst is among the dead letters');
select is_empty('select * from app.queue_ready', 'and the lane is idle');

select * from finish();
rollback;
