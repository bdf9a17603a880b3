-- What is sealed under another key, in a fixed order.
begin;
select no_plan();

select tests.clock();
create temp table s as select tests.session() as account;
create temp table t as select account, tests.session_token(account) as token from s;
select app.put_session(0::smallint, account, token, 'old', 'AQ==', '[{"kind": "session", "id": "1", "body": "AQ=="}]', '[{"chat": "c", "author": "a", "message_id": "1", "part": "msg", "body": "AQ=="}]') from t;
select app.put_session(0::smallint, account, token, 'new', null, '[{"kind": "session", "id": "2", "body": "AQ=="}]') from t;
grant select on t to public;
set local role service_role;
select results_eq($$ select part, kind, id from app.sealed_session_rows(0::smallint, 'new') $$, $$ values ('creds', '', ''), ('inbox', 'inbox', 'c|a|1|msg'), ('keys', 'session', '1') $$, 'all three parts');
select results_eq($$ select part from app.sealed_session_rows(0::smallint, 'new', (select place from app.sealed_session_rows(0::smallint, 'new', p_limit => 1)), 1) $$, $$ values ('inbox') $$, 'page by page');

select * from finish();
rollback;
