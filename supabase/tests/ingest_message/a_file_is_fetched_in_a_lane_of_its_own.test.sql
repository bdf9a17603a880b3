-- What brings a file is pending, and the file is queued once, beside the conversation.
begin;
select no_plan();

select tests.clock();
create function pg_temp.image (p_id text, p_kind text default 'message', p_over jsonb default '{}') returns jsonb language sql as $$
  select tests.event(p_id, p_kind => p_kind, p_over => jsonb_build_object('message', jsonb_build_object('id', p_id, 'type', 'image', 'text', '',
    'content', jsonb_build_object('id', 'f-' || p_id, 'mime_type', 'image/jpeg', 'url', 'https://x'))) || p_over); $$;

select tests.ingest(pg_temp.image('i1'), pg_temp.image('i2'), tests.event('m3', 'Which of these is vegan?'));
select tests.ingest(pg_temp.image('i1'));
select results_eq('select provider_message_id, media_state from public.messages order by position',
  $$ values ('i1', 'pending'), ('i2', 'pending'), ('m3', null) $$, 'the pictures are pending, the words are not');
select results_eq($$ select q.lane_id = m.id, q.kind, q.payload, q.correlation_id from app.message_queue q join public.messages m on m.id = q.lane_id
     where q.queue = 'media' order by m.position $$,
  format($$ values (true, 'fetch', '{"account_id": "%1$s", "file": {"kind": "image", "id": "f-i1", "mime_type": "image/jpeg", "url": "https://x"}}'::jsonb, 'cor-i1'),
                   (true, 'fetch', '{"account_id": "%1$s", "file": {"kind": "image", "id": "f-i2", "mime_type": "image/jpeg", "url": "https://x"}}'::jsonb, 'cor-i2') $$, tests.account()),
  'each picture once, in a lane of its own');
select is((select count(distinct lane_id)::integer from tests.claim('media')), 2, 'both can be fetched at the same time');
select is((tests.ready(tests.conversation())).at - app.now(), interval '6 seconds', 'the burst waits as long as it may');

select tests.ingest(pg_temp.image('e1', 'echo'));
select is((select media_state from public.messages where provider_message_id = 'e1'), 'pending', 'what a person of the business sent is fetched too');
select tests.ingest(pg_temp.image('i4'));
select is((select count(*)::integer from app.message_queue where queue = 'media'), 4, 'and so is what nobody answers, because that person has taken over');
select tests.ingest(pg_temp.image('d1', 'reaction', '{"target_id": "i1"}'));
select is((select media_state from public.messages where provider_message_id = 'd1'), null, 'a reaction brings no file');

select * from finish();
rollback;
