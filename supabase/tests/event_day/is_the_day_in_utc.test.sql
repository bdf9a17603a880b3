-- The day of an event, whatever its time looks like.
begin;
select no_plan();

set local timezone = 'Pacific/Auckland';
select is(app.event_day('{"occurred_at": "2026-11-20T23:30:00Z"}'), '2026-11-20'::date, 'in UTC, wherever the session is');
select is(app.event_day('{"occurred_at": "2026-11-20T23:30:00-02:00"}'), '2026-11-21'::date, 'and wherever the event was');
select is(app.event_day('{"occurred_at": "soon"}'), '-infinity'::date, 'a time that cannot be read is before all days');
select is(app.event_day('{"occurred_at": "2026-13-45T00:00:00Z"}'), '-infinity'::date, 'so is a day that does not exist');
select is(app.event_day('{}'), '-infinity'::date, 'and none at all');

select * from finish();
rollback;
