-- What check_outbound says is done before an attempt is written.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.says('agent') as id;
select tests.later('25 hours');
select is(tests.start_attempt(id), '{"action": "done"}'::jsonb, 'outside the window nothing is sent') from o;
select is(tests.outbound_status(id), 'PARKED', 'it waits for a person') from o;
select is_empty('select from app.outbound_attempt', 'and no attempt was made');
select tests.delivery();
create temp table p as select tests.says('agent', 'out-2') as id;
select is(tests.start_attempt(id) -> 'content' ->> 'name', 'hello', 'with a template, that is what is sent') from p;

select * from finish();
rollback;
