-- 131052, 131053.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select is(tests.finish_attempt(id, '{"state": "REJECTED", "class": "reupload", "code": "131053"}'), 'QUEUED', 'once more') from o;
select is(tests.start_attempt(id) -> 'fresh_media', 'true', 'with the file uploaded anew') from o;
select is(tests.finish_attempt(id, '{"state": "REJECTED", "class": "reupload", "code": "131053"}'), 'FAILED', 'not twice') from o;

select * from finish();
rollback;
