-- IO_STARTED, UNKNOWN and ACCEPTED.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.outbound() as id;
select ok(not app.may_have_left(0::smallint, id), 'nothing was tried') from o;
select tests.start_attempt(id) from o;
select ok(not app.may_have_left(0::smallint, id), 'intended is not left') from o;
select tests.leave(id) from o;
select ok(app.may_have_left(0::smallint, id), 'left') from o;
select tests.finish_attempt(id, '{"state": "UNKNOWN", "code": "timeout"}') from o;
select ok(app.may_have_left(0::smallint, id), 'nobody knows') from o;
select tests.ingest(tests.status('p1', 'failed', (select id from o), p_over => '{"error": {"code": "131000", "class": "retry"}}'));
select ok(not app.may_have_left(0::smallint, id), 'proven not to have been delivered') from o;

select * from finish();
rollback;
