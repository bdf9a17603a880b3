-- Dead letters of the last 24 hours that nobody has replayed; a tenant that has nothing else is listed too.
begin;
select no_plan();

select tests.clock();
create function pg_temp.die () returns uuid language plpgsql as $$
declare
  v_lane uuid := tests.lane();
begin
  perform tests.claim();
  perform app.schedule_message_retry(0::smallint, 'inbound', v_lane, tests.token(v_lane), 1, '{"code": "x"}', 1);
  return v_lane;
end; $$;

select is_empty('select * from app.message_queue_health', 'nothing waits: no line');
select pg_temp.die();
select tests.later('25 hours');
select is_empty('select * from app.message_queue_health', 'what died longer ago is in no line');
select pg_temp.die() from generate_series(1, 2);
select results_eq('select tenant, waiting, lanes, oldest_waiting_s, dead_letters_24h from app.message_queue_health',
  $$ values ('a', 0::bigint, 0::bigint, 0::double precision, 2::bigint) $$, 'those of today');
select app.replay_dead_letter(0::smallint, id) from app.queue_dead_letter order by dead_at desc limit 1;
select results_eq('select waiting, dead_letters_24h from app.message_queue_health', $$ values (1::bigint, 1::bigint) $$, 'a replayed one waits again instead');

select * from finish();
rollback;
