-- The file is written down, its burst goes on, its lane is gone.
begin;
select no_plan();

select tests.clock();
select tests.picture('i1'), tests.picture('i2', '{"id": "778"}');
select is((tests.ready(tests.conversation())).at - app.now(), interval '6 seconds', 'the burst waits for both');
select tests.finish_picture('i1');
select tests.finish_picture('i2', '{"kind": "image", "provider_media_id": "778", "error": {"code": "media_hash", "message": "another file"}}');
select is((tests.ready(tests.conversation())).at - app.now(), interval '900 milliseconds', 'and then rests as after its last message');

select results_eq('select provider_message_id, media_state from public.messages order by position', $$ values ('i1', 'ready'), ('i2', 'failed') $$, 'as it went');
select results_eq($$ select f.id = m.id, f.tenant_id = m.tenant_id and f.account_id = m.account_id, f.direction, f.kind, f.mime_type, f.size_bytes, f.provider_media_id, f.error ->> 'code', f.created_at
     from public.media f join public.messages m on m.id = f.message_id order by m.position $$,
  $$ values (true, true, 'in', 'image', 'image/jpeg', 5::bigint, '777', null, app.now()), (true, true, 'in', 'image', null, null, '778', 'media_hash', app.now()) $$, 'what they are, or why not');
select is_empty($$ select from app.message_queue where queue = 'media' $$, 'the work is done');
select is_empty($$ select from app.queue_ready where queue = 'media' $$, 'nobody has it');
select is_empty($$ select from app.queue_lane where queue = 'media' $$, 'and the lanes, which nobody needs again, are gone');
select is((select count(*)::integer from app.queue_history where queue = 'media'), 2, 'but not from the history');

select tests.later('900 milliseconds');
select tests.claim();
select is((select jsonb_agg(jsonb_build_array(m ->> 'media', m -> 'file' ->> 'mime_type', m -> 'file' ? 'storage_path')) from jsonb_array_elements(
     app.start_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 2) -> 'messages') as m),
  '[["ready", "image/jpeg", true], ["failed", null, false]]', 'the turn sees the one, and that the other could not be had');

select * from finish();
rollback;
