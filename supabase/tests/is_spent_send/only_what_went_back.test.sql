-- By the providers id of the send.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sent() as id;
select ok(not app.is_spent_send(0::smallint, id, 'wamid.out-1'), 'a send is not spent') from o;
select tests.ingest(tests.status('wamid.out-1', 'failed', p_over => '{"error": {"code": 131047}}'));
select ok(app.is_spent_send(0::smallint, id, 'wamid.out-1'), 'until its message goes back') from o;
select ok(not app.is_spent_send(0::smallint, id, 'p2'), 'another id is another send') from o;

select * from finish();
rollback;
