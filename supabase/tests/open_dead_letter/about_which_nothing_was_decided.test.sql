-- SB404 and SB409 otherwise.
begin;
select no_plan();

select tests.clock();
create function pg_temp.die (p_code text, p_queue app.queue_name default 'webhook', p_slug text default 'a') returns void language plpgsql as $$
declare v_lane uuid := gen_random_uuid();
begin
  perform app.enqueue_message(0::smallint, p_queue, v_lane, tests.tenant(p_slug), 'work', '{"n": 1}', 'cor');
  perform tests.claim(p_queue);
  perform app.schedule_message_retry(0::smallint, p_queue, v_lane, tests.token(v_lane, p_queue), 1, jsonb_build_object('code', p_code), 1);
  perform tests.later('1 minute');
end; $$;
select pg_temp.die('x'), pg_temp.die('y'), pg_temp.die('x', 'inbound'), pg_temp.die('x', 'webhook', 'b');
create temp table letter as select id, row_number() over (order by dead_at) as n from app.queue_dead_letter;

select is((app.open_dead_letter(0::smallint, (select id from letter where n = 1))).kind, 'work', 'the letter');
select throws_ok($$ select app.open_dead_letter(1::smallint, (select id from letter where n = 1)) $$, 'SB404', null, 'not in another shard');

select * from finish();
rollback;
