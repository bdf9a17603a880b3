-- The identity of a linked device, sealed, base64; no row before it was stored. Called by: the runner.
create function app.read_session_creds (
  p_shard      smallint,
  p_account_id uuid
)
  returns table (key_id text, body text)
  language sql
  stable
  set search_path = ''
as $$
  select c.key_id, encode(c.body, 'base64') from app.session_creds c where c.shard = p_shard and c.account_id = p_account_id;
$$;

revoke execute on function app.read_session_creds from public;
grant execute on function app.read_session_creds to service_role;
