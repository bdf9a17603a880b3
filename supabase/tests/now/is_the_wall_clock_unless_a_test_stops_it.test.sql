-- The engine's clock: real time by default, the test's time when a test has set it.
begin;
select no_plan();

select ok(app.now() between clock_timestamp() - interval '1 second' and clock_timestamp(), 'without a setting it is the real time');
set local app.fake_now = '2026-11-20 10:00:00Z';
select is(app.now(), '2026-11-20 10:00:00Z'::timestamptz, 'a test can stop it');
set local app.fake_now = '';
select ok(app.now() > clock_timestamp() - interval '1 second', 'an empty setting counts as none');

select * from finish();
rollback;
