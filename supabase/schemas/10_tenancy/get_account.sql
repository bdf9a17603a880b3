-- An account with its encrypted credentials (null when it has none), for the worker that sends through it.
-- No row when there is no such account. Called by: the handlers, which keep the answer for a minute.
create function app.get_account (
  p_shard      smallint,
  p_account_id uuid
)
  returns table (provider text, external_id text, status text, key_id text, ciphertext text)
  language sql
  stable
  set search_path = ''
as $$
  select a.provider, a.external_id, a.status, c.key_id, c.ciphertext
    from public.whatsapp_accounts a
    left join app.whatsapp_account_credentials c on c.shard = a.shard and c.account_id = a.id
   where a.shard = p_shard and a.id = p_account_id;
$$;

revoke execute on function app.get_account from public;
grant execute on function app.get_account to service_role;
