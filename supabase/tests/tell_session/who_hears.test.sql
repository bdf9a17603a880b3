-- Members join their tenant's channel, nobody else does.
begin;
select no_plan();

select tests.two_houses();
create function pg_temp.hears (p_user uuid, p_house text) returns bigint language plpgsql as $$
declare
  v_count bigint;
begin
  perform set_config('realtime.topic', 'sessions:' || tests.house(p_house), true);
  perform tests.sign_in(p_user);
  execute 'select count(*) from realtime.messages where extension = ''broadcast'' and topic = $1' into v_count using 'sessions:' || tests.house(p_house);
  perform set_config('role', 'postgres', true);
  return v_count;
end; $$;
select case when to_regclass('realtime.messages') is null then skip('there is no Realtime here', 1)
  else results_eq($$ select pg_temp.hears(tests.member('a'), 'a') > 0, pg_temp.hears(tests.member('a'), 'b'), pg_temp.hears(md5('nobody')::uuid, 'a') $$,
    $$ values (true, 0::bigint, 0::bigint) $$, 'each its own') end;

select * from finish();
rollback;
