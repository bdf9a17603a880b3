-- 200 tenants with a lane each, besides a flood: all are served within a bounded number of claims.
begin;
select no_plan();

select tests.clock();
select app.enqueue_message(0::smallint, 'webhook', md5('f' || n)::uuid, md5('flood')::uuid, 'work', '{}', 'c') from generate_series(1, 2000) n;
select tests.later('1 minute');
select app.enqueue_message(0::smallint, 'webhook', md5('t' || n)::uuid, md5('t' || n)::uuid, 'work', '{}', 'c') from generate_series(1, 200) n;
do $$ begin for n in 1 .. 25 loop perform app.get_next_queue_message(0::smallint, 'webhook', 'w', 32); end loop; end; $$;
select is((select count(*)::integer from app.queue_ready where leased_by is null and tenant_id <> md5('flood')::uuid), 0, 'nobody waits any more');

select * from finish();
rollback;
