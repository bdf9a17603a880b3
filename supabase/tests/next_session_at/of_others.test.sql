-- The end of somebody else's lease is worth waking up for.
begin;
select no_plan();

select tests.clock();
set local role service_role;
select is(app.next_session_at(0::smallint, 'w2'), null, 'no session, no time');
reset role;
create temp table s as select tests.session() as account;
create temp table t as select account, tests.session_token(account) as token from s;
grant select on t to public;
set local role service_role;
select is(app.next_session_at(0::smallint, 'w2'), app.now() + interval '30 seconds', 'when the lease of another one ends');
select is(app.next_session_at(0::smallint, 'w1'), null, 'one''s own is no reason');
select app.set_session_state(0::smallint, account, token, 'NEEDS_HUMAN', 'qr_expired', 'w') from t;
select is(app.next_session_at(0::smallint, 'w2'), null, 'nor is what a person has to see to');

select * from finish();
rollback;
