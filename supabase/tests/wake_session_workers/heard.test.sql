-- Whoever listens hears it, once the transaction has ended; here, that it may be asked for.
begin;
select no_plan();

set local role service_role;
select lives_ok($$ select app.wake_session_workers() $$, 'asked for');
select lives_ok($$ select app.wake_session_workers() $$, 'as often as one likes');

select * from finish();
rollback;
