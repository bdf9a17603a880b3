-- Whether a file of the burst that waits in a conversation is still being fetched or read. One that an earlier turn did
-- not wait for any longer holds up nobody. Called by: ingest_message, set_media_state.
create function app.media_pending (
  p_shard           smallint,
  p_conversation_id uuid
)
  returns boolean
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
as $$
begin
  -- Almost always there is none: this look into an index that is almost empty is all that a message costs.
  if not exists (select from public.messages m
                  where m.shard = p_shard and m.conversation_id = p_conversation_id and m.media_state = 'pending') then
    return false;
  end if;
  return exists (
    select from public.messages m
     where m.shard = p_shard and m.conversation_id = p_conversation_id and m.media_state = 'pending'
       and m.position >= (
         select (q.payload ->> 'position')::bigint
           from app.queue_ready r
           join app.message_queue q on q.shard = r.shard and q.queue = r.queue and q.lane_id = r.lane_id and q.seq > r.done
          where r.shard = p_shard and r.queue = 'inbound' and r.lane_id = p_conversation_id
          order by q.seq
          limit 1));
end;
$$;

revoke execute on function app.media_pending from public;
grant execute on function app.media_pending to service_role;
