-- Of messages that are there, in states that there are.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('m1'));
create temp table m as select id from public.messages;
select ok(app.set_media_state(0::smallint, id, 'pending'), 'pending') from m;
select ok(not app.set_media_state(0::smallint, id, 'pending'), 'once') from m;
select ok(app.set_media_state(0::smallint, id, 'failed'), 'failed') from m;
select ok(not app.set_media_state(0::smallint, id, 'pending'), 'never back') from m;
select ok(not app.set_media_state(0::smallint, id, 'ready'), 'nor another end') from m;
select throws_ok($$ select app.set_media_state(0::smallint, gen_random_uuid(), 'ready') $$, 'SB404', null, 'a message that is not there');
update public.messages set media_state = null;
select throws_ok($$ select app.set_media_state(0::smallint, id, 'eaten') from m $$, '23514', null, 'a state that is none');

select * from finish();
rollback;
