-- A row is sealed anew unless it was written meanwhile.
begin;
select no_plan();

select tests.clock();
create temp table s as select tests.session() as account;
create temp table t as select account, tests.session_token(account) as token from s;
select app.put_session(0::smallint, account, token, 'old', 'AQ==', '[{"kind": "session", "id": "1", "body": "AQ=="}, {"kind": "session", "id": "2", "body": "AQ=="}]', '[{"chat": "c", "author": "a", "message_id": "1", "part": "msg", "body": "AQ=="}]') from t;
grant select on t to public;
set local role service_role;
select is(app.reseal_session_rows(0::smallint, account, 'new', '[{"part": "creds", "kind": "", "id": "", "was": "AQ==", "body": "Ag=="}, {"part": "keys", "kind": "session", "id": "1", "was": "AQ==", "body": "Ag=="},
  {"part": "keys", "kind": "session", "id": "2", "was": "CQ==", "body": "Ag=="}, {"part": "inbox", "kind": "inbox", "id": "c|a|1|msg", "was": "AQ==", "body": "Ag=="}]'), 3, 'three of four') from t;
select results_eq($$ select id collate "default", key_id, body from app.session_keys order by id $$, $$ values ('1', 'new', '\x02'::bytea), ('2', 'old', '\x01'::bytea) $$, 'the one that is not as it was stays');
select is_empty($$ select from app.session_creds where key_id <> 'new' union all select from app.session_inbox where key_id <> 'new' $$, 'the others are under the new key');

select * from finish();
rollback;
