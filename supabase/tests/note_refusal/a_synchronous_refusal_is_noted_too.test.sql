-- By finish_outbound_attempt.
begin;
select no_plan();

select tests.clock();
select tests.delivery();
create temp table o as select tests.sending() as id;
select is(tests.finish_attempt(id, '{"state": "REJECTED", "code": "131047", "class": "window_closed", "message": "closed"}'), 'QUEUED', 'it is tried again') from o;
select is(tests.start_attempt(id) -> 'content' ->> 'type', 'template', 'as a template') from o;

select * from finish();
rollback;
