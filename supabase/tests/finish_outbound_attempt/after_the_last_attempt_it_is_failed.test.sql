-- As many times as the tenant says, and one.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select is(tests.finish_attempt(id, '{"state": "REJECTED", "code": "503", "class": "retry", "retry_after_s": 1}', 2), 'QUEUED', 'one of two') from o;
select tests.later('1 second');
select tests.start_attempt(id) from o;
select is(tests.finish_attempt(id, '{"state": "REJECTED", "code": "503", "class": "retry", "retry_after_s": 1}', 2), 'FAILED', 'two of two') from o;

select * from finish();
rollback;
