-- Keys are found by session, kind and id.
begin;
select no_plan();

select tests.clock();
create temp table s as select tests.session() as one, tests.session(p_no => '2') as other;
select app.put_session(0::smallint, one, tests.session_token(one), 'k', null, '[{"kind": "session", "id": "1", "body": "AQ=="}, {"kind": "pre-key", "id": "1", "body": "Ag=="}, {"kind": "session", "id": "2", "body": "Aw=="}]') from s;
grant select on s to public;
set local role service_role;
select results_eq($$ select r.id, r.body from s, app.read_session_keys(0::smallint, one, 'session', '["2", "3"]') r $$, $$ values ('2', 'Aw==') $$, 'this one');
select is_empty($$ select r.id from s, app.read_session_keys(0::smallint, other, 'session', '["2"]') r $$, 'not by another session');

select * from finish();
rollback;
