-- The conversation of a contact on an account with its position moved on by one, created when it is new.
-- p_kind: the event's kind; only what the customer wrote opens WhatsApp's 24-hour window.
-- p_pause_until: the agent stays silent until then (never shortens a pause); null leaves the pause as it is.
-- Locks: the conversation, until the transaction ends. Called by: ingest_message.
create function app.advance_conversation (
  p_shard       smallint,
  p_tenant_id   uuid,
  p_account_id  uuid,
  p_contact_id  uuid,
  p_kind        text,
  p_pause_until timestamptz
)
  returns public.conversations
  language plpgsql
  set search_path = ''
as $$
declare
  v_now          timestamptz := app.now();
  v_conversation public.conversations;
begin
  insert into public.conversations as c
    (shard, tenant_id, account_id, contact_id, last_position, last_message_at, last_customer_message_at, agent_paused_until, created_at)
  values (p_shard, p_tenant_id, p_account_id, p_contact_id, 1, v_now,
          case when p_kind in ('message', 'reaction') then v_now end, p_pause_until, v_now)
  on conflict (shard, account_id, contact_id) where merged_into is null do update
    set last_position            = c.last_position + 1,
        last_message_at          = excluded.last_message_at,
        last_customer_message_at = coalesce(excluded.last_customer_message_at, c.last_customer_message_at),
        agent_paused_until       = greatest(excluded.agent_paused_until, c.agent_paused_until)
  returning c.* into v_conversation;
  return v_conversation;
end;
$$;

revoke execute on function app.advance_conversation from public;
grant execute on function app.advance_conversation to service_role;
