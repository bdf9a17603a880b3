-- Takes a message of the HTTP API in, in one transaction: finds or opens the conversation and queues the message.
-- p_caller: as act_as has it, and author ('person' | 'system'). p_request: {conversation_id} or {identity: {kind, value}, account_id, from};
-- content, body, idempotency_key (null: a new one), send_at (null: at once), correlation_id.
-- Returns {created, message: as outbound_resource}. Idempotent by (tenant, idempotency_key): the same request gives the same
-- message, created false. Raises SB404 (no such conversation or account), SB400, SB409 (the key was used for another message).
-- Locks: those of open_conversation, then of enqueue_outbound_message. Called by: the HTTP API.
create function app.send_api_message (
  p_shard     smallint,
  p_tenant_id uuid,
  p_caller    jsonb,
  p_request   jsonb
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_key          text := 'api:' || coalesce(p_request ->> 'idempotency_key', gen_random_uuid()::text);
  v_known        uuid;
  v_id           uuid;
  v_conversation uuid := (p_request ->> 'conversation_id')::uuid;
  v_outbound     app.outbound_message;
begin
  perform app.act_as(p_caller);
  select o.id into v_known from app.outbound_message o where o.shard = p_shard and o.tenant_id = p_tenant_id and o.idempotency_key = v_key;

  if v_conversation is null then
    v_conversation := app.open_conversation(p_shard, p_tenant_id,
      app.account_to_send_from(p_shard, p_tenant_id, (p_request ->> 'account_id')::uuid, p_request ->> 'from'), p_request -> 'identity');
  else
    select coalesce(c.merged_into, c.id) into v_conversation
      from public.conversations c
     where c.shard = p_shard and c.id = v_conversation and c.tenant_id = p_tenant_id;
    if not found then
      raise exception sqlstate 'SB404' using message = format('there is no conversation %s', p_request ->> 'conversation_id');
    end if;
  end if;

  v_id := app.enqueue_outbound_message(p_shard, v_conversation, p_caller ->> 'author', p_request ->> 'body', p_request -> 'content',
    v_key, p_request ->> 'correlation_id', p_send_at => (p_request ->> 'send_at')::timestamptz);
  select * into strict v_outbound from app.outbound_message where shard = p_shard and id = v_id;
  return jsonb_build_object('created', v_known is null, 'message', app.outbound_resource(v_outbound));
end;
$$;

revoke execute on function app.send_api_message from public;
grant execute on function app.send_api_message to service_role;
