-- Or says nothing.
begin;
select no_plan();

select tests.clock();
select tests.delivery('{"opt_out_confirmation": "", "opt_in_confirmation": "Welcome back"}', null);
select tests.ingest(tests.event('in-1', 'STOP'));
select is_empty('select from app.outbound_message', 'nothing is said');
select tests.later('1 minute');
select tests.ingest(tests.event('in-2', 'START'));
select results_eq('select content ->> ''text'' from app.outbound_message', $$ values ('Welcome back') $$, 'its own words');

select * from finish();
rollback;
