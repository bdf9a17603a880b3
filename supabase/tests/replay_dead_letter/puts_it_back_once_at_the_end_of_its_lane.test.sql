-- Every dead letter can be replayed.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(2) as lane;
select app.get_next_queue_message(0::smallint, 'inbound', 'w', 1, 1);
select app.schedule_message_retry(0::smallint, 'inbound', (select lane from l), tests.token((select lane from l)), 1, '{}', 1);
create temp table letter as select id from app.queue_dead_letter;
select tests.later('1 minute');
select is(app.replay_dead_letter(0::smallint, (select id from letter)), 3::bigint, 'behind what waits');
select is((select replayed_at from app.queue_dead_letter), app.now(), 'the letter says when');
select results_eq('select seq, payload, correlation_id, tries from tests.claim()', $$ values (2::bigint, '{"n": 2}'::jsonb, 'cor-2', 1::smallint), (3, '{"n": 1}', 'cor-1', 1::smallint) $$, 'it is the same work');
select throws_ok($$ select app.replay_dead_letter(0::smallint, (select id from letter)) $$, 'SB409', null, 'a second time is refused');
select throws_ok($$ select app.replay_dead_letter(1::smallint, (select id from letter)) $$, 'SB404', null, 'in another shard there is no such letter');

select * from finish();
rollback;
