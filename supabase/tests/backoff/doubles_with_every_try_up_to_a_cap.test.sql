-- The wait before another try: doubled, capped, with a jitter of a quarter either way.
begin;
select no_plan();

select ok(bool_and(app.backoff(1) between interval '0.75 seconds' and interval '1.25 seconds'), 'the first wait is about a second')
  from generate_series(1, 200);
select ok(bool_and(app.backoff(4) between interval '6 seconds' and interval '10 seconds'), 'the fourth is about eight')
  from generate_series(1, 200);
select ok(bool_and(app.backoff(9999) between interval '225 seconds' and interval '375 seconds'), 'a long series waits about five minutes, no matter how long')
  from generate_series(1, 200);
select ok(bool_and(app.backoff(0) >= interval '0.75 seconds'), 'no tries at all count as one') from generate_series(1, 50);
select ok(count(distinct app.backoff(3)) > 1, 'what failed together does not come back together') from generate_series(1, 20);
select ok(app.backoff(1, '1 minute', '10 seconds') <= interval '12.5 seconds', 'the cap is above the base');

select * from finish();
rollback;
