-- A customer is typing: what waits in the conversation waits 5 seconds more from then, within defer_burst's limits. Nothing
-- is stored, nobody is woken; somebody who is not known yet, or who types when nothing waits, changes nothing.
-- p_event: {account_id, tenant_id, identities, occurred_at}; one that comes late counts from when it happened.
-- Locks: conversation, lane, ready; the first because a message of the same person may follow in the batch.
-- Called by: ingest_event.
create function app.ingest_typing (
  p_shard smallint,
  p_event jsonb
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_conversation uuid;
begin
  select c.id into v_conversation
    from jsonb_array_elements(p_event -> 'identities') as i
    join public.contact_identities ci
      on ci.shard = p_shard and ci.tenant_id = (p_event ->> 'tenant_id')::uuid and ci.kind = i ->> 'kind' and ci.value = i ->> 'value'
    join public.conversations c
      on c.shard = p_shard and c.account_id = (p_event ->> 'account_id')::uuid and c.contact_id = ci.contact_id and c.merged_into is null
   where i ->> 'kind' <> 'username'
   limit 1;
  if found then
    perform from public.conversations where shard = p_shard and id = v_conversation for no key update;
    perform app.defer_burst(p_shard, v_conversation, least((p_event ->> 'occurred_at')::timestamptz, app.now()) + interval '5 seconds');
  end if;
end;
$$;

revoke execute on function app.ingest_typing from public;
grant execute on function app.ingest_typing to service_role;
