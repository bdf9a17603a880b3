-- The contact behind the identities of one event: found by any of them, created when none is known. When they lead
-- to several contacts, those are one person: the oldest stays and takes the others over. A username never identifies,
-- because it can pass to somebody else; it is noted with whoever has it now.
-- p_identities: [{"kind": "phone", "value": "..."}, ...], not empty but for usernames. p_name: null when unknown.
-- Idempotent. Locks: relies on lock_identities for these identities and their contacts; then conversations.
-- Raises SB400 when no identity identifies. Called by: ingest_message.
create function app.resolve_contact (
  p_shard      smallint,
  p_tenant_id  uuid,
  p_identities jsonb,
  p_name       text
)
  returns uuid
  language plpgsql
  set search_path = ''
as $$
declare
  v_now      timestamptz := app.now();
  v_contacts uuid[];
  v_contact  uuid;
begin
  if not exists (select from jsonb_array_elements(p_identities) as i where i ->> 'kind' <> 'username') then
    raise exception sqlstate 'SB400' using message = 'an event names no phone, BSUID or LID, so its person cannot be known';
  end if;

  select array_agg(c.id order by c.created_at, c.id)
    into v_contacts
    from public.contacts c
   where c.shard = p_shard and c.id = any (array( -- as in lock_identities
      select found.contact_id
        from jsonb_array_elements(p_identities) as i
        cross join lateral (
          select ci.contact_id
            from public.contact_identities ci
           where ci.shard = p_shard and ci.tenant_id = p_tenant_id and ci.kind = i ->> 'kind' and ci.value = i ->> 'value'
          offset 0
        ) as found
       where i ->> 'kind' <> 'username'));

  v_contact := v_contacts[1];
  if v_contact is null then
    insert into public.contacts (shard, tenant_id, name, created_at, updated_at)
    values (p_shard, p_tenant_id, p_name, v_now, v_now)
    returning id into v_contact;
  elsif p_name is not null then
    update public.contacts
       set name = p_name, updated_at = v_now
     where shard = p_shard and id = v_contact and name is distinct from p_name;
  end if;

  if cardinality(v_contacts) > 1 then
    perform app.merge_contacts(p_shard, v_contact, v_contacts[2:]);
  end if;

  insert into public.contact_identities as ci (shard, tenant_id, kind, value, contact_id, created_at)
  select distinct p_shard, p_tenant_id, i ->> 'kind', i ->> 'value', v_contact, v_now
    from jsonb_array_elements(p_identities) as i
   -- What is known already is left alone: `on conflict` would lock its row, which is a write for every message.
   where (select known.contact_id
            from public.contact_identities known
           where known.shard = p_shard and known.tenant_id = p_tenant_id and known.kind = i ->> 'kind' and known.value = i ->> 'value')
         is distinct from v_contact
  on conflict (shard, tenant_id, kind, value) do update
    set contact_id = excluded.contact_id
    where ci.contact_id <> excluded.contact_id;

  return v_contact;
end;
$$;

revoke execute on function app.resolve_contact from public;
grant execute on function app.resolve_contact to service_role;
