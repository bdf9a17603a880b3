-- Oldest first.
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

create function pg_temp.ns (p_query text) returns integer[] language plpgsql as $$
declare v integer[]; begin execute format('select array_agg(n::integer order by d.dead_at) from (%s) d join letter using (id)', p_query) into v; return v; end; $$;
select is(pg_temp.ns('select * from app.list_dead_letters(0::smallint)'), array[1, 2, 3, 4], 'all');
select is(pg_temp.ns('select * from app.list_dead_letters(0::smallint, ''inbound'')'), array[3], 'of a queue');
select is(pg_temp.ns('select * from app.list_dead_letters(0::smallint, p_tenant_id => tests.tenant(''b''))'), array[4], 'of a tenant');
select is(pg_temp.ns('select * from app.list_dead_letters(0::smallint, p_code => ''y'')'), array[2], 'with a code');
select is(pg_temp.ns('select * from app.list_dead_letters(0::smallint, p_since => ''2026-11-20 10:02Z'')'), array[3, 4], 'since a time');
select is(pg_temp.ns('select * from app.list_dead_letters(0::smallint, p_limit => 2)'), array[1, 2], 'a page');
select is(pg_temp.ns('select l.* from letter c join app.queue_dead_letter d using (id), app.list_dead_letters(0::smallint, p_limit => 2, p_after_at => d.dead_at, p_after_id => d.id) l where c.n = 2'), array[3, 4], 'the next one');
select app.replay_dead_letter(0::smallint, (select id from letter where n = 1)), app.discard_dead_letter(0::smallint, (select id from letter where n = 2), 'old');
select is(pg_temp.ns('select * from app.list_dead_letters(0::smallint)'), array[3, 4], 'what was decided is gone from the list');
select is_empty('select * from app.list_dead_letters(1::smallint)', 'another shard has none');

select * from finish();
rollback;
