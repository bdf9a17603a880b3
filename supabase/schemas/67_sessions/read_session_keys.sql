-- Keys of a session by kind and ids (a list), sealed, base64; those that are there. Called by: the runner.
create function app.read_session_keys (
  p_shard      smallint,
  p_account_id uuid,
  p_kind       text,
  p_ids        jsonb
)
  returns table (id text, key_id text, body text)
  language sql
  stable
  set search_path = ''
as $$
  select k.id, k.key_id, encode(k.body, 'base64')
    from app.session_keys k
   where k.shard = p_shard and k.account_id = p_account_id and k.kind = p_kind
     and k.id = any (array(select jsonb_array_elements_text(p_ids)));
$$;

revoke execute on function app.read_session_keys from public;
grant execute on function app.read_session_keys to service_role;
