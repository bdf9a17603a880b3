-- What was decrypted comes in its order, a page at a time.
begin;
select no_plan();

select tests.clock();
create temp table s as select tests.session() as account;
select app.put_session(0::smallint, account, tests.session_token(account), 'k', p_inbox => (select jsonb_agg(jsonb_build_object('chat', 'c', 'author', 'a', 'message_id', n::text, 'part', 'msg', 'body', 'AQ==') order by n) from generate_series(1, 3) n)) from s;
grant select on s to public;
set local role service_role;
select results_eq($$ select message_id from s, app.read_session_inbox(0::smallint, account, 0, 2) $$, $$ values ('1'), ('2') $$, 'the first page');
select results_eq($$ select message_id from s, app.read_session_inbox(0::smallint, account, (select min(seq) + 1 from app.session_inbox), 2) $$, $$ values ('3') $$, 'the next');

select * from finish();
rollback;
