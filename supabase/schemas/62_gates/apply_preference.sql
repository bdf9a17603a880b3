-- Applies Meta's own switch for marketing messages: value stop, resume or signup (a first yes). Other values and
-- categories change nothing. p_event: {account_id, tenant_id, identities, name, key, value, category, occurred_at}.
-- Idempotent by the key.
-- Locks: those of resolve_contact. Called by: ingest_event.
create function app.apply_preference (
  p_shard smallint,
  p_event jsonb
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  if p_event ->> 'value' not in ('stop', 'resume', 'signup') or coalesce(p_event ->> 'category', 'marketing_messages') <> 'marketing_messages' then
    return;
  end if;
  perform app.record_consent(p_shard,
    app.resolve_contact(p_shard, (p_event ->> 'tenant_id')::uuid, p_event -> 'identities', p_event ->> 'name'),
    'marketing', case p_event ->> 'value' when 'stop' then 'stop' else 'resume' end, 'user_preferences', p_event ->> 'key',
    (p_event ->> 'occurred_at')::timestamptz,
    jsonb_build_object('account_id', p_event ->> 'account_id', 'detail', jsonb_build_object('value', p_event ->> 'value')));
end;
$$;

revoke execute on function app.apply_preference from public;
grant execute on function app.apply_preference to service_role;
