-- Idle means idle.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('in-1'));
create temp table s as select app.open_session(0::smallint, tests.tenant(), tests.conversation()) as m;
select tests.later('29 minutes');
select app.open_session(0::smallint, tests.tenant(), tests.conversation());
select tests.later('29 minutes');
select is((app.open_session(0::smallint, tests.tenant(), tests.conversation())).session_id, (select (m).session_id from s), 'an hour of talk is one session');

select * from finish();
rollback;
