-- A session from its first code to its end.
begin;
select no_plan();

select tests.clock();
create temp table s as select tests.session() as account;
create temp table t as select account, tests.session_token(account) as token from s;
grant select on t to public;
set local role service_role;
create function pg_temp.become (p_state text, p_reason text default null, p_retry interval default null, p_jid text default null) returns integer language sql as
  $$ select app.set_session_state(0::smallint, account, token, p_state, p_reason, 'words about ' || p_reason, p_retry, p_jid) from t $$;
select throws_ok($$ select pg_temp.become('OPEN') $$, 'SB409', null, 'nothing is open before it is linked');
select app.offer_link_code(0::smallint, account, token, 'the code', '20 seconds') from t;
select is(pg_temp.become('PAIRING', p_jid => 'j'), null, 'the phone confirms');
select is((select code from public.session_links), null, 'and the code is gone');
select is(pg_temp.become('OPEN'), null, 'open');
select results_eq('select connects, opened_at, reason from public.sessions', $$ select 1, app.now(), null::text $$, 'counted');
select throws_ok($$ select pg_temp.become('BACKOFF') $$, '23514', null, 'what is not open says why');
select is(pg_temp.become('DEGRADED', 'restart_required'), null, 'WhatsApp wants a new connection');
select is(pg_temp.become('OPEN'), null, 'open again');
select app.put_session(0::smallint, account, token, 'k', 'AQ==', '[{"kind": "session", "id": "1", "body": "AQ=="}]', '[{"chat": "c", "author": "a", "message_id": "1", "part": "msg", "body": "AQ=="}]') from t;
select is(pg_temp.become('LOGGED_OUT', 'unlinked'), null, 'unlinked on the phone');
select results_eq($$ select (select count(*) from app.session_creds), (select count(*) from app.session_keys), (select count(*) from app.session_inbox) $$, $$ values (0::bigint, 0::bigint, 1::bigint) $$,
  'the keys are gone; what was decrypted before is not lost');
select results_eq('select owner, expires_at from app.session_leases', $$ values (null::text, timestamptz 'infinity') $$, 'and nobody is to own it');
select results_eq('select kind, reason, account_id from public.tasks where resolved_at is null', $$ select 'channel_stopped', 'words about unlinked', account from t $$, 'a person is asked');
select throws_ok($$ select pg_temp.become('OPEN') $$, 'SB001', null, 'its former owner says nothing more');

select * from finish();
rollback;
