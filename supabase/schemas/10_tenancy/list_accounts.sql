-- The accounts of a shard, oldest first, with the name of the master key under which their credentials are encrypted
-- (null when there are none). No secret is among the columns: get_account gives it for one account.
-- Called by: scripts/rotate-master-key.
create function app.list_accounts (
  p_shard smallint
)
  returns table (id uuid, tenant_id uuid, provider text, external_id text, status text, key_id text)
  language sql
  stable
  set search_path = ''
as $$
  select a.id, a.tenant_id, a.provider, a.external_id, a.status, c.key_id
    from public.whatsapp_accounts a
    left join app.whatsapp_account_credentials c on c.shard = a.shard and c.account_id = a.id
   where a.shard = p_shard
   order by a.created_at, a.id;
$$;

revoke execute on function app.list_accounts from public;
grant execute on function app.list_accounts to service_role;
