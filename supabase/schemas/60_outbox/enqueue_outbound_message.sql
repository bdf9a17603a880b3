-- Stores a message that is to be sent in a conversation and queues it behind those before it.
-- p_author: 'agent', 'person' or 'system'. p_body: what a person reads. p_content: as commons/outbound.ts has it.
-- p_send_at: not before then; it takes its place in the lane when it is due, behind what waits there by then, and keeps
-- nothing waiting until then. Raises SB400 for a template that is known and cannot be sent like this
-- (check_template); in a turn's answer it is refused when it is to leave, so that the turn is not stuck.
-- Returns the outbound message's id. Idempotent by (tenant, p_idempotency_key): the same key gives the same message;
-- the same key with another content raises SB409.
-- Locks: conversation, lane, ready. Called by: complete_turn, apply_consent_word.
create function app.enqueue_outbound_message (
  p_shard           smallint,
  p_conversation_id uuid,
  p_author          text,
  p_body            text,
  p_content         jsonb,
  p_idempotency_key text,
  p_correlation_id  text,
  p_turn_id         uuid default null,
  p_send_at         timestamptz default null
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
  v_refs         jsonb := app.resolve_message_refs(p_shard, p_conversation_id, p_content);
  v_problem      text;
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

  if p_content ->> 'type' = 'template' and p_turn_id is null then
    v_problem := app.check_template(p_shard, v_conversation.account_id, p_content);
    if v_problem is not null then
      raise exception sqlstate 'SB400' using message = v_problem;
    end if;
  end if;

  update public.conversations
     set last_position = last_position + 1, last_message_at = v_now
   where shard = p_shard and id = p_conversation_id
  returning * into v_conversation;

  insert into public.messages
    (shard, id, tenant_id, account_id, conversation_id, position, direction, author, type, body, content, reply_to, status,
     turn_id, correlation_id, occurred_at, created_at)
  values (p_shard, v_message_id, v_conversation.tenant_id, v_conversation.account_id, p_conversation_id,
          v_conversation.last_position, 'out', p_author, p_content ->> 'type', p_body, p_content,
          coalesce(v_refs ->> 'replyTo', v_refs ->> 'messageId'), 'QUEUED', p_turn_id, p_correlation_id, v_now, v_now);

  insert into app.outbound_message
    (shard, tenant_id, account_id, conversation_id, message_id, turn_id, idempotency_key, content, correlation_id, send_at, created_at)
  values (p_shard, v_conversation.tenant_id, v_conversation.account_id, p_conversation_id, v_message_id, p_turn_id,
          p_idempotency_key, p_content, p_correlation_id, p_send_at, v_now)
  on conflict (shard, tenant_id, idempotency_key) do nothing
  returning * into v_outbound;
  -- In this conversation nobody else was at it; so it was for another one, at the same time.
  if not found then
    raise exception sqlstate 'SB409'
      using message = format('the idempotency key %s was used for another message', p_idempotency_key),
            hint = 'use a new key for a new message';
  end if;

  perform app.enqueue_message(p_shard, 'outbound', p_conversation_id, v_conversation.tenant_id, 'send',
    jsonb_build_object('outbound_id', v_outbound.id), p_correlation_id, p_run_at => p_send_at);
  return v_outbound.id;
end;
$$;

revoke execute on function app.enqueue_outbound_message from public;
grant execute on function app.enqueue_outbound_message to service_role;
