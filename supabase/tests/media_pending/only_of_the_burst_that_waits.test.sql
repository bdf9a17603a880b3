-- What an earlier turn did not wait for holds up nobody.
begin;
select no_plan();

select tests.clock();
create function pg_temp.image (p_id text) returns jsonb language sql as $$
  select tests.event(p_id, p_over => jsonb_build_object('message', jsonb_build_object('id', p_id, 'type', 'image', 'text', '', 'content', '{}'::jsonb))); $$;
select tests.ingest(pg_temp.image('i1'));
select ok(not app.media_pending(0::smallint, tests.conversation()), 'nobody fetches it');
select app.set_media_state(0::smallint, id, 'pending') from public.messages;
select ok(app.media_pending(0::smallint, tests.conversation()), 'somebody does');
select tests.later('6 seconds');
select tests.claim();
create temp table turn as select app.start_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1) as t;
select is((select t #>> '{messages,0,media}' from turn), 'pending', 'after the longest wait the agent is told that it is not there yet');
select tests.answer(tests.conversation(), 'A moment');
select tests.ingest(tests.event('m2', 'Well?'));
select ok(not app.media_pending(0::smallint, tests.conversation()), 'the next burst does not wait for it');

select * from finish();
rollback;
