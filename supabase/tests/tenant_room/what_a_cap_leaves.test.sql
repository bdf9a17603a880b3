-- For those that have one.
begin;
select no_plan();

select tests.clock();
select tests.tenant('b');
select app.configure_tenant(0::smallint, tests.tenant('a'), p_max_concurrency => 2);
select tests.lane(1), tests.lane(1), tests.lane(1);
select is(app.tenant_room(0::smallint, 'inbound', array[tests.tenant('a'), tests.tenant('b')]), jsonb_build_object(tests.tenant('a'), 2), 'all of it');
select app.get_next_queue_message(0::smallint, 'inbound', 'w', 1);
select is(app.tenant_room(0::smallint, 'inbound', array[tests.tenant('a')]), jsonb_build_object(tests.tenant('a'), 1), 'less what is in work');
select is(app.tenant_room(0::smallint, 'inbound', array[tests.tenant('b')]), '{}', 'nobody has a cap');
select app.configure_tenant(0::smallint, tests.tenant('a'), p_max_concurrency => 0);
select is(app.tenant_room(0::smallint, 'inbound', array[tests.tenant('a')]), '{}', 'a cap that was taken away');

select * from finish();
rollback;
