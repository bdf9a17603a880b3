-- Says how far the file of a customer's message came. `pending`: somebody fetches and reads it; its burst waits for it, at
-- most the tenant's burst_max_wait_ms in all. `ready` or `failed`: when it was the last that the burst waited for,
-- the burst is ready as soon as it has come to rest after its last message.
-- Returns whether this changed anything: a file that is ready or failed stays so. Idempotent.
-- Raises SB404 when there is no such message, 23514 for another state. Locks: conversation, message, lane, ready.
-- Called by: whoever fetches the files of messages.
create function app.set_media_state (
  p_shard      smallint,
  p_message_id uuid,
  p_state      text
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
declare
  v_conversation uuid;
  v_tenant       public.tenants;
begin
  select m.conversation_id into v_conversation from public.messages m where m.shard = p_shard and m.id = p_message_id;
  if not found then
    raise exception sqlstate 'SB404' using message = format('there is no message %s in shard %s', p_message_id, p_shard);
  end if;

  perform from public.conversations where shard = p_shard and id = v_conversation for no key update;
  update public.messages
     set media_state = p_state
   where shard = p_shard and id = p_message_id and (media_state is null or (media_state = 'pending' and p_state <> 'pending'));
  if not found then
    return false;
  end if;

  if p_state = 'pending' then
    perform app.defer_burst(p_shard, v_conversation, 'infinity');
  elsif not app.media_pending(p_shard, v_conversation) then
    select t.* into v_tenant
      from public.conversations c
      join public.tenants t on t.id = c.tenant_id
     where c.shard = p_shard and c.id = v_conversation;
    perform app.hasten_burst(p_shard, v_conversation, last.enqueued_at + app.quiet_time(v_tenant, m.type, m.body),
              make_interval(secs => v_tenant.burst_max_wait_ms / 1000.0))
       from (select q.payload, q.enqueued_at
               from app.message_queue q
              where q.shard = p_shard and q.queue = 'inbound' and q.lane_id = v_conversation and q.kind <> 'workflow_timer'
              order by q.seq desc
              limit 1) as last
       join public.messages m on m.shard = p_shard and m.id = (last.payload ->> 'message_id')::uuid;
  end if;
  return true;
end;
$$;

revoke execute on function app.set_media_state from public;
grant execute on function app.set_media_state to service_role;
