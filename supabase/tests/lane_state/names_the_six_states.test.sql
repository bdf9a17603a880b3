-- In the words of the health view.
begin;
select no_plan();

create function pg_temp.state (p_over jsonb) returns text language sql as $$
  select app.lane_state(jsonb_populate_record(null::app.queue_ready, '{"tries": 0, "at": "2026-11-20 10:00Z"}' || p_over), '2026-11-20 10:00Z'); $$;
select is(pg_temp.state('{}'), 'due', 'its time has come');
select is(pg_temp.state('{"at": "2026-11-20 10:00:01Z"}'), 'resting', 'its time is to come');
select is(pg_temp.state('{"at": "2026-11-20 10:00:01Z", "tries": 2}'), 'backing_off', 'and it was tried before');
select is(pg_temp.state('{"at": "2026-11-20 10:00:01Z", "tries": 2, "leased_by": "w"}'), 'leased', 'somebody holds it');
select is(pg_temp.state('{"tries": 2, "leased_by": "w"}'), 'expired', 'somebody held it for too long');
select is(pg_temp.state('{"at": "infinity", "parked_at": "2026-11-20 09:00Z"}'), 'parked', 'a pause keeps it back');

select * from finish();
rollback;
