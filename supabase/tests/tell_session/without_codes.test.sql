-- Members hear how a session is; the code is not told.
begin;
select no_plan();

select tests.clock();
create temp table s as select tests.session() as account;
create temp table t as select account, tests.session_token(account) as token from s;
grant select on t to public;
set local role service_role;
select lives_ok($$ select app.tell_session(0::smallint, account, true) from t $$, 'told, or not when there is no Realtime');
select lives_ok($$ select app.tell_session(0::smallint, gen_random_uuid()) $$, 'of what is not there, nothing');
select app.offer_link_code(0::smallint, account, token, 'a secret code', '20 seconds') from t;
reset role;
create function pg_temp.told () returns table (event text, private boolean, state text, until timestamptz, leaks boolean) language plpgsql as $$
begin
  return query execute format('select event, private, payload ->> ''state'', (payload ->> ''code_expires_at'')::timestamptz, payload::text like ''%%secret%%''
    from realtime.messages where topic = %L order by inserted_at desc, (payload ->> ''code_expires_at'') nulls last limit 1', 'sessions:' || tests.tenant());
end; $$;
select case when to_regclass('realtime.messages') is null then skip('there is no Realtime here', 1)
  else results_eq('select * from pg_temp.told()', $$ values ('session', true, 'QR', app.now() + interval '20 seconds', false) $$, 'on the tenant''s private channel, without the code') end;

select * from finish();
rollback;
