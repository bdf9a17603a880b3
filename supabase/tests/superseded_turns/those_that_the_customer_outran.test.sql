-- Of the turns that a worker has in hand.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('a1', p_phone => '1'), tests.event('b1', p_phone => '2'));
select tests.later('1 second');
select tests.claim();
select app.start_turn(0::smallint, tests.conversation(p), tests.token(tests.conversation(p)), 1) from unnest(array['1', '2']) p;
create function pg_temp.superseded () returns setof uuid language sql as $$
  select lane_id from app.superseded_turns(0::smallint,
    (select jsonb_agg(jsonb_build_object('lane_id', x, 'upto', 1)) from unnest(array[tests.conversation('1'), tests.conversation('2'), gen_random_uuid()]) x)); $$;
select is_empty('select pg_temp.superseded()', 'nobody wrote more');
select tests.ingest(tests.event('b2', p_phone => '2'));
select results_eq('select pg_temp.superseded()', $$ select tests.conversation('2') $$, 'one did');
select app.supersede_turn(0::smallint, tests.conversation('2'), tests.token(tests.conversation('2')), id) from app.turns where conversation_id = tests.conversation('2');
select is_empty('select pg_temp.superseded()', 'one that was given back is in nobody''s hand');

select * from finish();
rollback;
