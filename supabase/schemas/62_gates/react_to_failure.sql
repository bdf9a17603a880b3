-- What follows when a message that the provider had taken failed later, for a reason that only came out then. The
-- refusal is noted (note_refusal). After 131047 a message that was no template goes back into its lane, so that the
-- gate finds another way for it: it is certain that nobody got it. When its send has not been recorded yet, that record
-- would hide this: then a person is asked instead.
-- p_before: as it was before the failure was applied. Idempotent: each failure of a send is applied once
-- (apply_outbound_status).
-- Locks: message, lane and ready of outbound; the caller holds the outbound message. Called by: apply_outbound_status.
create function app.react_to_failure (
  p_shard               smallint,
  p_before              app.outbound_message,
  p_provider_message_id text,
  p_code                text
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  perform app.note_refusal(p_shard, p_before, p_code);
  if p_code <> '131047' or coalesce(p_before.sent_content, p_before.content) ->> 'type' = 'template' then
    return;
  end if;
  if p_before.status = 'SENDING' then
    perform app.open_task(p_shard, p_before.tenant_id, 'message_parked', p_before.id::text,
      'The window was closed and the message did not arrive. Send a template, or wait until the customer writes.',
      jsonb_build_object('account_id', p_before.account_id, 'conversation_id', p_before.conversation_id, 'outbound_message_id', p_before.id));
    return;
  end if;

  update app.outbound_attempt
     set error_code = p_code
   where shard = p_shard and outbound_message_id = p_before.id and provider_message_id = p_provider_message_id;
  update app.outbound_message
     set status = 'QUEUED', failed_at = null, provider_message_id = null, sent_at = null
   where shard = p_shard and id = p_before.id and status = 'FAILED';
  update public.messages
     set status = 'QUEUED', provider_message_id = null
   where shard = p_shard and id = p_before.message_id;
  -- One whose end was not known stands at the head of its lane still.
  if p_before.status <> 'UNKNOWN' then
    perform app.enqueue_message(p_shard, 'outbound', p_before.conversation_id, p_before.tenant_id, 'send',
      jsonb_build_object('outbound_id', p_before.id), p_before.correlation_id);
  end if;
end;
$$;

revoke execute on function app.react_to_failure from public;
grant execute on function app.react_to_failure to service_role;
