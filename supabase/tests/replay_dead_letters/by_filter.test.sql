-- As many as asked for.
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

select is(app.replay_dead_letters(0::smallint, p_code => 'x', p_limit => 2), 2, 'two of them');
select is(app.replay_dead_letters(0::smallint, p_code => 'x'), 1, 'the third');
select is(app.replay_dead_letters(0::smallint, p_code => 'x'), 0, 'no more');
select is((select count(*)::integer from tests.claim('webhook')), 2, 'they are work again');
select is((select count(*)::integer from app.list_dead_letters(0::smallint)), 1, 'what the filter left out stays');

select * from finish();
rollback;
