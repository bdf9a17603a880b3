-- Credentials, keys and what was decrypted are written together, or not at all.
begin;
select no_plan();

select tests.clock();
create temp table s as select tests.session() as account;
create temp table t as select account, tests.session_token(account) as token from s;
grant select on t to public;
set local role service_role;
select lives_ok($$ select app.put_session(0::smallint, account, token, 'k1', 'AQI=', '[{"kind": "session", "id": "1", "body": "AQ=="}, {"kind": "pre-key", "id": "1", "body": "Ag=="}]',
  '[{"chat": "c", "author": "", "message_id": "2", "part": "msg", "body": "Bg=="}, {"chat": "c", "author": "", "message_id": "1", "part": "msg", "body": "Bw=="}]') from t $$, 'written');
select results_eq($$ select r.* from t, app.read_session_creds(0::smallint, account) r $$, $$ values ('k1', 'AQI=') $$, 'the credentials');
select results_eq($$ select r.* from t, app.read_session_keys(0::smallint, account, 'session', '["1", "2"]') r $$, $$ values ('1', 'k1', 'AQ==') $$, 'the keys');
select results_eq($$ select message_id, body from t, app.read_session_inbox(0::smallint, account) $$, $$ values ('2', 'Bg=='), ('1', 'Bw==') $$, 'and the messages, in their order');
select app.put_session(0::smallint, account, token, 'k2', null, '[{"kind": "session", "id": "1"}, {"kind": "pre-key", "id": "1", "body": "Aw=="}]', '[{"chat": "c", "author": "", "message_id": "1", "part": "msg", "body": "CA=="}]') from t;
select results_eq($$ select kind collate "default", key_id, body from app.session_keys $$, $$ values ('pre-key', 'k2', '\x03'::bytea) $$, 'without a body a key goes, with one it is replaced');
select results_eq($$ select version, key_id from app.session_creds $$, $$ values (1::bigint, 'k1') $$, 'what is not given stays');
select is((select count(*) from app.session_inbox), 2::bigint, 'a message stands there once');
select throws_ok($$ select app.put_session(0::smallint, account, token + 1, 'k', 'AQI=', '[{"kind": "session", "id": "9", "body": "AQ=="}]') from t $$, 'SB001', null, 'a stale token');
select is((select count(*) from app.session_keys), 1::bigint, 'writes nothing');

select * from finish();
rollback;
