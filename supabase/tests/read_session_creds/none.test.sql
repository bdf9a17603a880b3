-- Nothing before it was stored, nothing of another session.
begin;
select no_plan();

select tests.clock();
create temp table s as select tests.session() as one, tests.session(p_no => '2') as other;
select app.put_session(0::smallint, one, tests.session_token(one), 'k', 'AQ==') from s;
grant select on s to public;
set local role service_role;
select is_empty('select r.* from s, app.read_session_creds(0::smallint, other) r', 'nothing');
select isnt_empty('select r.* from s, app.read_session_creds(0::smallint, one) r', 'something');

select * from finish();
rollback;
