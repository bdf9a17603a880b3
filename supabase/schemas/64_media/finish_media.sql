-- Ends the fetching of a message's file under its lease, in one transaction: what it is, or why it could not be had; the
-- burst that waited for it goes on; the work is done and its lane, which has no other, is gone.
-- p_result: {kind, provider_media_id, mime_type, size_bytes, sha256, filename, storage_path}, or {kind, provider_media_id,
-- error: {code, message}}. A file that was fetched after all (a dead letter replayed) takes the place of its failure.
-- The file has the id of its message. Raises SB001 when the lease is stale, SB404 without the message, 23514 for what makes no sense.
-- Locks: conversation, message, lane of inbound, ready, lane of media, ready. Called by: commons/handlers/media.ts.
create function app.finish_media (
  p_shard    smallint,
  p_lane_id  uuid,
  p_token    bigint,
  p_seq      bigint,
  p_result   jsonb
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_message public.messages;
begin
  perform app.set_media_state(p_shard, p_lane_id, case when p_result ? 'error' then 'failed' else 'ready' end);
  select * into strict v_message from public.messages m where m.shard = p_shard and m.id = p_lane_id;

  insert into public.media
    (shard, id, tenant_id, account_id, message_id, direction, kind, mime_type, size_bytes, sha256, filename, storage_path,
     provider_media_id, error, created_at)
  values (p_shard, p_lane_id, v_message.tenant_id, v_message.account_id, p_lane_id, 'in', p_result ->> 'kind', p_result ->> 'mime_type',
    (p_result ->> 'size_bytes')::bigint, p_result ->> 'sha256', p_result ->> 'filename', p_result ->> 'storage_path',
    p_result ->> 'provider_media_id', p_result -> 'error', app.now())
  on conflict (shard, id) do update
    set mime_type = excluded.mime_type, size_bytes = excluded.size_bytes, sha256 = excluded.sha256, filename = excluded.filename,
        storage_path = excluded.storage_path, error = excluded.error;
  update public.messages m set media_state = 'ready'
   where m.shard = p_shard and m.id = p_lane_id and m.media_state = 'failed' and not p_result ? 'error';

  perform app.complete_queue_messages(p_shard, 'media', p_lane_id, p_token, p_seq);
  delete from app.queue_lane l where l.shard = p_shard and l.queue = 'media' and l.lane_id = p_lane_id and l.tail = p_seq;
end;
$$;

revoke execute on function app.finish_media from public;
grant execute on function app.finish_media to service_role;
