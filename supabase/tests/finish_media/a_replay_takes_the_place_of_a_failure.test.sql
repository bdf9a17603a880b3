-- A file that was given up and then replayed is there after all.
begin;
select no_plan();

select tests.clock();
select tests.picture();
select app.schedule_message_retry(0::smallint, 'media', id, tests.token(id, 'media'), 1, '{"code": "storage_unavailable"}', 1) from public.messages;
select app.set_media_state(0::smallint, id, 'failed') from public.messages;
select app.replay_dead_letter(0::smallint, (select id from app.queue_dead_letter));
create temp table lane as select lane_id, token, seq from tests.claim('media');
select is((select count(*)::integer from lane), 1, 'it is tried again');
select app.finish_media(0::smallint, lane_id, token, seq, tests.picture_file()) from lane;
select is((select media_state from public.messages), 'ready', 'and is there');
select is((select size_bytes from public.media), 5::bigint, 'with all that is known of it');

select * from finish();
rollback;
