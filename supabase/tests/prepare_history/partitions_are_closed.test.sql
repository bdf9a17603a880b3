-- A partition reached by its own name is as closed as its table: first by the grants, then by row level security.
begin;
select no_plan();

select tests.two_houses();
create temp table p as select c.oid::regclass::text as name from pg_class c where c.relnamespace = 'app'::regnamespace and c.relispartition and c.relkind = 'r';
grant select on p to public;
create function pg_temp.attack (p_role text) returns setof text language plpgsql as $$
declare v_name text;
begin
  for v_name in select name from p loop
    return next throws_ok('select from ' || v_name, '42501', null, p_role || ' reads nothing of ' || v_name);
    return next throws_ok('delete from ' || v_name, '42501', null, p_role || ' deletes nothing of ' || v_name);
  end loop;
end; $$;
grant execute on function pg_temp.attack to public;
select cmp_ok((select count(*)::integer from p), '>', 3, 'there are partitions');
select tests.sign_in(tests.member('a'));
select pg_temp.attack('a member');
reset role;
select tests.sign_in(null);
select pg_temp.attack('a visitor');
reset role;

-- With a careless grant. Of the default partition, in which a row of this test is for sure.
insert into app.queue_history (queue, lane_id, seq, tenant_id, kind, correlation_id, tries, enqueued_at, finished_at)
values ('inbound', gen_random_uuid(), 1, tests.house('a'), 'work', 'c', 1, '1999-01-01', '1999-01-01');
grant usage on schema app to anon, authenticated;
grant select, delete on app.queue_history_default, app.queue_history to anon, authenticated;
select tests.sign_in(tests.member('a'));
select is_empty('select from app.queue_history_default', 'row level security keeps it from a member');
select is_empty('select from app.queue_history', 'through the table too');
select is_empty('delete from app.queue_history_default returning 1', 'and from being deleted');
select tests.sign_in(null);
select is_empty('select from app.queue_history_default', 'and from a visitor');

select * from finish();
rollback;
