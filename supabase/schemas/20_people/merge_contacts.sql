-- Makes p_others part of p_into: their identities and their conversations move. Where p_into already talks on the same
-- account, the other conversation is marked as merged: its own lane runs empty (its answers still reach the person), and
-- the next message goes to the conversation that stays.
-- Locks: contacts, then conversations of p_others. Called by: resolve_contact, under its advisory locks.
create function app.merge_contacts (
  p_shard  smallint,
  p_into   uuid,
  p_others uuid[]
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  update public.contacts
     set merged_into = p_into, updated_at = app.now()
   where shard = p_shard and id = any (p_others);

  update public.contact_identities
     set contact_id = p_into
   where shard = p_shard and contact_id = any (p_others);

  update public.conversations other
     set merged_into = kept.id, contact_id = p_into
    from public.conversations kept
   where other.shard = p_shard and other.contact_id = any (p_others) and other.merged_into is null
     and kept.shard = p_shard and kept.contact_id = p_into and kept.account_id = other.account_id
     and kept.merged_into is null;

  -- Of several conversations on one account that p_into does not have, the oldest moves and the rest merge into it.
  with ranked as (
    select c.id, first_value(c.id) over (partition by c.account_id order by c.created_at, c.id) as first_id
      from public.conversations c
     where c.shard = p_shard and c.contact_id = any (p_others) and c.merged_into is null
  )
  update public.conversations c
     set contact_id  = p_into,
         merged_into = case when r.id = r.first_id then null else r.first_id end
    from ranked r
   where c.shard = p_shard and c.id = r.id;

  -- Those that were merged earlier.
  update public.conversations
     set contact_id = p_into
   where shard = p_shard and contact_id = any (p_others);
end;
$$;

revoke execute on function app.merge_contacts from public;
grant execute on function app.merge_contacts to service_role;
