-- Every version must be the one that the agent saw.
begin;
select no_plan();

select tests.clock();
create temp table w as select tests.workflow() as id;
create function pg_temp.fit (variadic p_steps jsonb[]) returns boolean language sql as $$ select app.workflows_fit(0::smallint, tests.conversation(), to_jsonb(p_steps)) $$;
create function pg_temp.step (p_id uuid, p_version integer, p_name text default 'order') returns jsonb language sql as $$ select jsonb_build_object('id', p_id, 'version', p_version, 'name', p_name) $$;
select is(pg_temp.fit(pg_temp.step(id, 1), pg_temp.step(id, 2)), true, 'the version that is, and what follows it') from w;
select is(pg_temp.fit(pg_temp.step(id, 2)), false, 'one that is not') from w;
select is(pg_temp.fit(pg_temp.step(gen_random_uuid(), 0, 'another')), true, 'a new one');
select is(pg_temp.fit(pg_temp.step(gen_random_uuid(), 1)), false, 'one that is nowhere');
select is(pg_temp.fit(pg_temp.step(gen_random_uuid(), 0)), false, 'a new one beside an open one of its name');
select is(pg_temp.fit(pg_temp.step(id, 1), pg_temp.step(gen_random_uuid(), 0)), true, 'a new one in place of the open one') from w;
select app.cancel_workflow(0::smallint, id) from w;
select is(pg_temp.fit(pg_temp.step(id, 2)), false, 'one that has ended') from w;

select * from finish();
rollback;
