-- Stores a message that is to be sent in a conversation and queues it behind those before it.
-- p_author: 'agent', 'person' or 'system'. p_body: what a person reads. p_content: as commons/outbound.ts has it.
-- Returns the outbound message's id. Idempotent by (tenant, p_idempotency_key): the same key gives the same message;
-- the same key with another content raises SB409.
-- Locks: conversation, lane, ready. Called by: complete_turn.
create function app.enqueue_outbound_message (
  p_shard           smallint,
  p_conversation_id uuid,
  p_author          text,
  p_body            text,
  p_content         jsonb,
  p_idempotency_key text,
  p_correlation_id  text,
  p_turn_id         uuid default null
)
  returns uuid
  language plpgsql
  set search_path = ''
as $$
declare
  v_now          timestamptz := app.now();
  v_conversation public.conversations;
  v_outbound     app.outbound_message;
  v_message_id   uuid := gen_random_uuid();
begin
  select * into strict v_conversation from public.conversations where shard = p_shard and id = p_conversation_id for no key update;

  select * into v_outbound
    from app.outbound_message
   where shard = p_shard and tenant_id = v_conversation.tenant_id and idempotency_key = p_idempotency_key;
  if found then
    if v_outbound.content <> p_content or v_outbound.conversation_id <> p_conversation_id then
      raise exception sqlstate 'SB409'
        using message = format('the idempotency key %s was used for another message', p_idempotency_key),
              hint = 'use a new key for a new message';
    end if;
    return v_outbound.id;
  end if;

  update public.conversations
     set last_position = last_position + 1, last_message_at = v_now
   where shard = p_shard and id = p_conversation_id
  returning * into v_conversation;

  insert into public.messages
    (shard, id, tenant_id, account_id, conversation_id, position, direction, author, type, body, content, status, turn_id,
     correlation_id, occurred_at, created_at)
  values (p_shard, v_message_id, v_conversation.tenant_id, v_conversation.account_id, p_conversation_id,
          v_conversation.last_position, 'out', p_author, p_content ->> 'type', p_body, p_content, 'QUEUED', p_turn_id,
          p_correlation_id, v_now, v_now);

  insert into app.outbound_message
    (shard, tenant_id, account_id, conversation_id, message_id, turn_id, idempotency_key, content, correlation_id, created_at)
  values (p_shard, v_conversation.tenant_id, v_conversation.account_id, p_conversation_id, v_message_id, p_turn_id,
          p_idempotency_key, p_content, p_correlation_id, v_now)
  on conflict (shard, tenant_id, idempotency_key) do nothing
  returning * into v_outbound;
  -- In this conversation nobody else was at it; so it was for another one, at the same time.
  if not found then
    raise exception sqlstate 'SB409'
      using message = format('the idempotency key %s was used for another message', p_idempotency_key),
            hint = 'use a new key for a new message';
  end if;

  perform app.enqueue_message(p_shard, 'outbound', p_conversation_id, v_conversation.tenant_id, 'send',
    jsonb_build_object('outbound_id', v_outbound.id), p_correlation_id);
  return v_outbound.id;
end;
$$;

revoke execute on function app.enqueue_outbound_message from public;
grant execute on function app.enqueue_outbound_message to service_role;
