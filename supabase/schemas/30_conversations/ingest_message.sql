-- Stores one message, reaction, edit, revoke, system message or echo, and queues a turn when it calls for an answer
-- and no person has taken the conversation over. The file of a message is queued to be fetched, whoever answers. A text that is
-- an opt-out or opt-in word as a whole wakes nobody and is confirmed once; who has opted out is not answered by an agent.
-- p_event: {kind, account_id, tenant_id, identities, name, message: {id, type, text, content, reply_to}, target_id,
-- wakes_agent, referral (an ad led here), occurred_at, correlation_id}. Returns 'queued' (a turn, a confirmation, or a file),
-- 'stored' or 'duplicates' (an echo of what we sent).
-- Locks: contact, conversation, memory (an echo), lane of media, lane, ready; for a confirmation those of enqueue_outbound_message.
-- Called by: ingest_event.
create function app.ingest_message (
  p_shard smallint,
  p_event jsonb
)
  returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_kind         text := p_event ->> 'kind';
  v_message      jsonb := p_event -> 'message';
  v_account      uuid := (p_event ->> 'account_id')::uuid;
  v_tenant       public.tenants;
  v_conversation public.conversations;
  v_message_id   uuid;
  v_file         jsonb := case when v_kind in ('message', 'echo') then app.file_of(v_message ->> 'type', v_message -> 'content') end;
  v_word         jsonb;
  v_result       text;
  v_now          timestamptz := app.now();
begin
  if exists (select from public.messages
              where shard = p_shard and account_id = v_account and provider_message_id = v_message ->> 'id') then
    return 'duplicates';
  end if;

  select * into strict v_tenant from public.tenants where id = (p_event ->> 'tenant_id')::uuid;

  v_conversation := app.advance_conversation(p_shard, v_tenant.id, v_account,
    app.resolve_contact(p_shard, v_tenant.id, p_event -> 'identities', p_event ->> 'name'),
    v_kind, case when v_kind = 'echo' then v_now + make_interval(mins => v_tenant.takeover_pause_minutes) end,
    (p_event ->> 'occurred_at')::timestamptz,
    case when p_event ? 'referral' then (p_event ->> 'occurred_at')::timestamptz + make_interval(hours => v_tenant.free_entry_hours) end);

  insert into public.messages
    (shard, tenant_id, account_id, conversation_id, position, direction, author, provider_message_id, type, body, content,
     reply_to, status, media_state, correlation_id, occurred_at, created_at)
  values (
    p_shard, v_tenant.id, v_account, v_conversation.id, v_conversation.last_position,
    case v_kind when 'echo' then 'out' else 'in' end,
    case v_kind when 'echo' then 'person' when 'system' then 'system' else 'customer' end,
    v_message ->> 'id', v_message ->> 'type', coalesce(v_message ->> 'text', ''), coalesce(v_message -> 'content', '{}'),
    coalesce(p_event ->> 'target_id', v_message ->> 'reply_to'), case v_kind when 'echo' then 'SENT' end,
    case when v_file is not null then 'pending' end, p_event ->> 'correlation_id', (p_event ->> 'occurred_at')::timestamptz, v_now)
  returning id into v_message_id;

  if v_file is not null then
    perform app.enqueue_message(p_shard, 'media', v_message_id, v_tenant.id, 'fetch',
      jsonb_build_object('account_id', v_account, 'file', v_file), p_correlation_id => p_event ->> 'correlation_id');
  end if;

  if v_kind = 'echo' then
    perform app.remember(p_shard, v_tenant.id, v_conversation.id, jsonb_build_array(
      jsonb_build_object('role', 'person', 'text', coalesce(v_message ->> 'text', ''), 'at', p_event ->> 'occurred_at')));
  end if;

  if v_kind in ('edit', 'revoke') then
    update public.messages
       set body       = case v_kind when 'edit' then v_message ->> 'text' else body end,
           edited_at  = case v_kind when 'edit' then v_now else edited_at end,
           revoked_at = case v_kind when 'revoke' then v_now else revoked_at end
     where shard = p_shard and account_id = v_account and provider_message_id = p_event ->> 'target_id'
       and conversation_id = v_conversation.id and direction = 'in';
  end if;

  if v_kind = 'message' then
    if v_message ->> 'type' = 'text' then
      v_word := app.consent_word(v_tenant, v_message ->> 'text');
    end if;
    if v_word is not null then
      v_result := app.apply_consent_word(p_shard, p_event, v_tenant, v_conversation, v_message_id, v_word);
      if v_result is not null then
        return v_result;
      end if;
    end if;
    if app.consent_of(p_shard, v_conversation.contact_id) ->> 'all' = 'stop' then
      return case when v_file is null then 'stored' else 'queued' end;
    end if;
  end if;

  if v_kind <> 'message' or not (p_event ->> 'wakes_agent')::boolean or v_conversation.agent_paused_until > v_now then
    return case when v_file is null then 'stored' else 'queued' end;
  end if;

  perform app.enqueue_message(p_shard, 'inbound', v_conversation.id, v_tenant.id, 'turn',
    jsonb_build_object('message_id', v_message_id, 'position', v_conversation.last_position),
    p_correlation_id => p_event ->> 'correlation_id',
    p_quiet          => app.quiet_time(v_tenant, v_message ->> 'type', coalesce(v_message ->> 'text', '')),
    p_max_wait       => make_interval(secs => v_tenant.burst_max_wait_ms / 1000.0));
  if app.media_pending(p_shard, v_conversation.id) then
    perform app.defer_burst(p_shard, v_conversation.id, 'infinity');
  end if;
  return 'queued';
end;
$$;

revoke execute on function app.ingest_message from public;
grant execute on function app.ingest_message to service_role;
