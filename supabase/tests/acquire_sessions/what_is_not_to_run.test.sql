-- Nobody connects what a person has to see to, what is stopped, or what is logged out.
begin;
select no_plan();

select tests.clock();
create temp table s as select tests.session() as parked, tests.session(p_no => '1') as banned, tests.session(p_no => '2') as stopped, tests.session(p_no => '3') as gone;
select app.set_session_state(0::smallint, parked, tests.session_token(parked), 'NEEDS_HUMAN', 'qr_expired', 'Nobody scanned it.') from s;
select tests.open_session(banned), tests.open_session(gone) from s;
select app.set_session_state(0::smallint, banned, tests.session_token(banned), 'NEEDS_HUMAN', 'banned', 'For an hour.', '1 hour') from s;
select app.set_session_state(0::smallint, gone, tests.session_token(gone), 'LOGGED_OUT', 'unlinked', 'Unlinked.') from s;
select app.stop_session(0::smallint, stopped) from s;
select app.release_session(0::smallint, stopped, tests.session_token(stopped)) from s;
grant select on s to public;
set local role service_role;
select tests.later('59 minutes');
select is_empty($$ select * from app.acquire_sessions(0::smallint, 'w2', 10, '30 seconds') $$, 'none of them');
select tests.later('1 minute');
select results_eq($$ select account_id, state from app.acquire_sessions(0::smallint, 'w2', 10, '30 seconds') $$, $$ select banned, 'NEEDS_HUMAN' from s $$, 'a ban that is over is tried again');

select * from finish();
rollback;
