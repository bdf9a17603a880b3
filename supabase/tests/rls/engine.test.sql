-- Signed-in users and visitors reach nothing of the engine: no table, no function, no sequence.
begin;
select no_plan();

select tests.two_houses();
create function pg_temp.attack (p_role text) returns setof text language plpgsql as $$
declare
  v_what text;
begin
  for v_what in select format('select * from %s', c.oid::regclass) from pg_class c where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p', 'v', 'S') loop
    return next throws_ok(v_what, '42501', null, p_role || ': ' || v_what);
  end loop;
end; $$;
grant execute on function pg_temp.attack to public;

select tests.sign_in(tests.member('a'));
select pg_temp.attack('a member');
select throws_ok($$ select app.ingest_events('cloud_api', '[]') $$, '42501', null, 'a member ingests nothing');
select throws_ok($$ select app.get_next_queue_message(0::smallint, 'inbound', 'w') $$, '42501', null, 'claims nothing');
select throws_ok($$ select app.member_tenant_ids() $$, '42501', null, 'does not even reach what the policies ask');
select throws_ok($$ select * from public.message_trace('in-0') $$, '42501', null, 'and traces nothing, through the API either');
reset role;
select tests.sign_in(null);
select pg_temp.attack('a visitor');
select throws_ok($$ select * from public.message_trace('in-0') $$, '42501', null, 'a visitor traces nothing');

select * from finish();
rollback;
