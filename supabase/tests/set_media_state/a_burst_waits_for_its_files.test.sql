-- Pending, then ready or failed.
begin;
select no_plan();

select tests.clock();
select app.configure_tenant(0::smallint, tests.tenant(), p_burst_long_quiet_ms => 2500);
create function pg_temp.image (p_id text) returns jsonb language sql as $$
  select tests.event(p_id, p_over => jsonb_build_object('message', jsonb_build_object('id', p_id, 'type', 'image', 'text', '', 'content', '{}'::jsonb))); $$;
create function pg_temp.media (p_id text, p_state text) returns boolean language sql as $$
  select app.set_media_state(0::smallint, id, p_state) from public.messages where provider_message_id = p_id; $$;
create function pg_temp.waits () returns interval language sql as $$ select (tests.ready(tests.conversation())).at - app.now(); $$;

select tests.ingest(pg_temp.image('i1'), pg_temp.image('i2'));
select is(pg_temp.waits(), interval '2500 milliseconds', 'pictures without a word: more is likely to follow');
select pg_temp.media('i1', 'pending'), pg_temp.media('i2', 'pending');
select is(pg_temp.waits(), interval '6 seconds', 'while they are fetched it waits as long as it may');
select tests.ingest(tests.event('m3', 'Which of these is vegan?'));
select is(pg_temp.waits(), interval '6 seconds', 'a complete text behind them changes nothing');
select ok(pg_temp.media('i1', 'ready'), 'one is there');
select is(pg_temp.waits(), interval '6 seconds', 'the other is not');
select tests.later('500 milliseconds');
select pg_temp.media('i2', 'failed');
select is(pg_temp.waits(), interval '400 milliseconds', 'now the burst rests as after its last message');
select tests.later('400 milliseconds');
select tests.claim();
select is((select jsonb_agg(jsonb_build_array(m ->> 'type', m ->> 'text', m ->> 'media'))
             from jsonb_array_elements(app.start_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 3) -> 'messages') as m),
  '[["image", "", "ready"], ["image", "", "failed"], ["text", "Which of these is vegan?", null]]'::jsonb, 'pictures and words are one turn, in order');

select * from finish();
rollback;
