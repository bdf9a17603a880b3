-- The conversation of a contact on an account with its position moved on by one, created when it is new.
-- p_kind: the event's kind; only what the customer wrote opens WhatsApp's 24-hour window.
-- p_pause_until: the agent stays silent until then (never shortens a pause); null leaves the pause as it is.
-- p_occurred_at: when it was written by the provider's clock: a delivery that comes hours late opens no longer window.
-- p_free_entry_until: until when an ad keeps the window open; null leaves it as it is.
-- Locks: the conversation, until the transaction ends. Called by: ingest_message.
create function app.advance_conversation (
  p_shard       smallint,
  p_tenant_id   uuid,
  p_account_id  uuid,
  p_contact_id  uuid,
  p_kind        text,
  p_pause_until timestamptz,
  p_occurred_at      timestamptz default null,
  p_free_entry_until timestamptz default null
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
    (shard, tenant_id, account_id, contact_id, last_position, last_message_at, last_customer_message_at, agent_paused_until, free_entry_until, created_at)
  values (p_shard, p_tenant_id, p_account_id, p_contact_id, 1, v_now,
          case when p_kind in ('message', 'reaction') then least(p_occurred_at, v_now) end, p_pause_until, p_free_entry_until, v_now)
  on conflict (shard, account_id, contact_id) where merged_into is null do update
    set last_position            = c.last_position + 1,
        last_message_at          = excluded.last_message_at,
        last_customer_message_at = greatest(excluded.last_customer_message_at, c.last_customer_message_at),
        free_entry_until         = greatest(excluded.free_entry_until, c.free_entry_until),
        agent_paused_until       = greatest(excluded.agent_paused_until, c.agent_paused_until)
  returning c.* into v_conversation;
  return v_conversation;
end;
$$;

revoke execute on function app.advance_conversation from public;
grant execute on function app.advance_conversation to service_role;
