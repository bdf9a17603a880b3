-- Writes down that a person opted out or in. p_about: {account_id, message_id, detail}, as far as known.
-- Returns whether it is news. Idempotent by (tenant, p_event_key). Locks: none that anybody waits for.
-- Called by: apply_consent_word, apply_preference, note_refusal, people.
create function app.record_consent (
  p_shard       smallint,
  p_contact_id  uuid,
  p_scope       text,
  p_action      text,
  p_source      text,
  p_event_key   text,
  p_occurred_at timestamptz,
  p_about       jsonb default '{}'
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
begin
  insert into public.consent_events
    (shard, tenant_id, contact_id, scope, action, source, event_key, account_id, message_id, detail, occurred_at, recorded_at)
  select p_shard, c.tenant_id, c.id, p_scope, p_action, p_source, p_event_key, (p_about ->> 'account_id')::uuid,
         (p_about ->> 'message_id')::uuid, coalesce(p_about -> 'detail', '{}'), p_occurred_at, app.now()
    from public.contacts c
   where c.shard = p_shard and c.id = p_contact_id
  on conflict (shard, tenant_id, event_key) do nothing;
  return found;
end;
$$;

revoke execute on function app.record_consent from public;
grant execute on function app.record_consent to service_role;
