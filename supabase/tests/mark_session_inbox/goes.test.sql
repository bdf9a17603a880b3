-- A message that was ingested goes, under the lease.
begin;
select no_plan();

select tests.clock();
create temp table s as select tests.session() as account;
create temp table t as select account, tests.session_token(account) as token from s;
select app.put_session(0::smallint, account, token, 'k', p_inbox => '[{"chat": "c", "author": "a", "message_id": "1", "part": "msg", "body": "AQ=="}, {"chat": "c", "author": "a", "message_id": "2", "part": "msg", "body": "AQ=="}]') from t;
grant select on t to public;
set local role service_role;
select is(app.mark_session_inbox(0::smallint, account, token, (select jsonb_build_array(min(seq)) from app.session_inbox)), 1, 'gone') from t;
select results_eq('select message_id collate "default" from app.session_inbox', $$ values ('2') $$, 'the other one stays');
select throws_ok($$ select app.mark_session_inbox(0::smallint, account, token + 1, '[]') from t $$, 'SB001', null, 'nobody else marks');

select * from finish();
rollback;
