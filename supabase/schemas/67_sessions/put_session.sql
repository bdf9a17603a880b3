-- **Every write of a session's keys**, in one statement: p_creds, p_keys and p_inbox are committed together or not at all.
-- p_creds: sealed, base64, or null. p_keys: [{kind, id, body}], base64; without a body the key is deleted. p_inbox: [{chat, author,
-- message_id, part, body}]: what was decrypted, once each. All sealed under p_key_id.
-- Idempotent. Raises SB001 when the lease is another one's: nothing was written. Locks: lease (shared), then the rows.
-- Called by: the runner.
create function app.put_session (
  p_shard      smallint,
  p_account_id uuid,
  p_token      bigint,
  p_key_id     text,
  p_creds      text  default null,
  p_keys       jsonb default null,
  p_inbox      jsonb default null
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_now timestamptz := app.now();
begin
  perform app.assert_session(p_shard, p_account_id, p_token);
  if p_creds is not null then
    insert into app.session_creds as c (shard, account_id, key_id, body, updated_at)
    values (p_shard, p_account_id, p_key_id, decode(p_creds, 'base64'), v_now)
    on conflict (shard, account_id) do update
      set version = c.version + 1, key_id = excluded.key_id, body = excluded.body, updated_at = excluded.updated_at;
  end if;
  if p_keys is not null then
    delete from app.session_keys k
     using jsonb_to_recordset(p_keys) as x (kind text, id text, body text)
     where x.body is null and k.shard = p_shard and k.account_id = p_account_id and k.kind = x.kind and k.id = x.id;
    insert into app.session_keys as k (shard, account_id, kind, id, key_id, body)
    select p_shard, p_account_id, x.kind, x.id, p_key_id, decode(x.body, 'base64')
      from jsonb_to_recordset(p_keys) as x (kind text, id text, body text)
     where x.body is not null
    on conflict (shard, account_id, kind, id) do update set key_id = excluded.key_id, body = excluded.body;
  end if;
  if p_inbox is not null then
    insert into app.session_inbox (shard, account_id, chat, author, message_id, part, key_id, body, created_at)
    select p_shard, p_account_id, x.chat, x.author, x.message_id, x.part, p_key_id, decode(x.body, 'base64'), v_now
      from rows from (jsonb_to_recordset(p_inbox) as (chat text, author text, message_id text, part text, body text)) with ordinality as x (chat, author, message_id, part, body, place)
     order by x.place
    on conflict do nothing;
  end if;
end;
$$;

revoke execute on function app.put_session from public;
grant execute on function app.put_session to service_role;
