-- Half a way.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('in-1'));
select results_eq($$ select step, detail ->> 'correlation_id' from public.message_trace('in-1') $$, $$ values ('ingested', 'cor-in-1') $$, 'ingested, and nothing more yet');

select * from finish();
rollback;
