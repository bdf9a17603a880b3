-- Of any priority.
begin;
select no_plan();

select tests.clock();
select app.enqueue_message(0::smallint, 'webhook', md5('1')::uuid, md5('a')::uuid, 'work', '{}', 'c', 0::smallint);
select app.enqueue_message(0::smallint, 'webhook', md5('2')::uuid, md5('b')::uuid, 'work', '{}', 'c', p_quiet => '1 second');
select is(app.due_tenants(0::smallint, 'webhook', array[md5('a')::uuid, md5('b')::uuid, md5('c')::uuid]), array[md5('a')::uuid], 'one');
select tests.later('1 second');
select is(cardinality(app.due_tenants(0::smallint, 'webhook', array[md5('a')::uuid, md5('b')::uuid, md5('c')::uuid])), 2, 'two, a second later');

select * from finish();
rollback;
