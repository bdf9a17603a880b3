-- Where there is no pg_cron, the leader among the runners sweeps.
begin;
select no_plan();

select is(to_regprocedure('cron.schedule(text,text,text)'), null, 'there is none here');
select is(app.schedule_sweeps(), '{}', 'so nothing is scheduled, and nothing fails');

select * from finish();
rollback;
