-- Serialises everything that is about to touch the persons behind p_identities, until the transaction ends.
-- p_identities: [{"kind": "phone", "value": "15551234567"}, ...] of any number of persons.
-- Locks: one advisory lock an identity, in ascending order, which is for persons not known yet; then the contacts that
-- the identities lead to, in ascending order, because two events can know one person by different identities. Always the
-- first locks that a transaction takes in a shard.
-- Called by: ingest_shard_events.
create function app.lock_identities (
  p_shard     smallint,
  p_tenant_id uuid,
  p_identities jsonb
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_key bigint;
begin
  for v_key in
    select distinct hashtextextended(format('%s:%s:%s:%s', p_shard, p_tenant_id, i ->> 'kind', i ->> 'value'), 0) as key
      from jsonb_array_elements(p_identities) as i
     where i ->> 'kind' <> 'username'
     order by key
  loop
    perform pg_advisory_xact_lock(v_key);
  end loop;

  -- One look into the index for each identity, whatever the planner thinks of the table: it takes jsonb_array_elements for
  -- 100 rows, and would read the whole table in every call until that has tens of thousands of rows. Hence `offset 0`.
  perform from public.contacts c
    where c.shard = p_shard and c.id = any (array(
      select found.contact_id
        from jsonb_array_elements(p_identities) as i
        cross join lateral (
          select ci.contact_id
            from public.contact_identities ci
           where ci.shard = p_shard and ci.tenant_id = p_tenant_id and ci.kind = i ->> 'kind' and ci.value = i ->> 'value'
          offset 0
        ) as found
       where i ->> 'kind' <> 'username'))
    order by c.id
      for no key update;
end;
$$;

revoke execute on function app.lock_identities from public;
grant execute on function app.lock_identities to service_role;
