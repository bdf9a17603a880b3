-- Stores rows of a session that were sealed anew: p_rows [{part, kind, id, was, body}], base64, under p_key_id. A row that is not as it was
-- (its worker wrote it meanwhile) is left alone, so this needs no lease: what a row says does not change.
-- Idempotent. Returns how many were stored. Locks: the rows. Called by: scripts/rotate-master-key.
create function app.reseal_session_rows (
  p_shard      smallint,
  p_account_id uuid,
  p_key_id     text,
  p_rows       jsonb
)
  returns integer
  language plpgsql
  set search_path = ''
as $$
declare
  v_count integer;
begin
  with given as materialized (
    select x.part, x.kind, x.id, decode(x.was, 'base64') as was, decode(x.body, 'base64') as body
      from jsonb_to_recordset(p_rows) as x (part text, kind text, id text, was text, body text)
  ), creds as (
    update app.session_creds c set key_id = p_key_id, body = g.body from given g
     where g.part = 'creds' and c.shard = p_shard and c.account_id = p_account_id and c.body = g.was
    returning 1
  ), keys as (
    update app.session_keys k set key_id = p_key_id, body = g.body from given g
     where g.part = 'keys' and k.shard = p_shard and k.account_id = p_account_id and k.kind = g.kind and k.id = g.id and k.body = g.was
    returning 1
  ), inbox as (
    update app.session_inbox i set key_id = p_key_id, body = g.body from given g
     where g.part = 'inbox' and i.shard = p_shard and i.account_id = p_account_id and i.chat || '|' || i.author || '|' || i.message_id || '|' || i.part = g.id and i.body = g.was
    returning 1
  )
  select (select count(*) from creds) + (select count(*) from keys) + (select count(*) from inbox) into v_count;
  return v_count;
end;
$$;

revoke execute on function app.reseal_session_rows from public;
grant execute on function app.reseal_session_rows to service_role;
