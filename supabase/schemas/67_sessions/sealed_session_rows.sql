-- Rows of sessions that are sealed under another master key than p_key_id, p_limit at a time, in the order of (part, account, kind, id);
-- those after p_after, which is the `place` of the last one. `part`: creds, keys or inbox.
-- Called by: scripts/rotate-master-key.
create function app.sealed_session_rows (
  p_shard  smallint,
  p_key_id text,
  p_after  text    default '',
  p_limit  integer default 500
)
  returns table (place text, account_id uuid, part text, kind text, id text, key_id text, body text)
  language sql
  stable
  set search_path = ''
as $$
  select r.place, r.account_id, r.part, r.kind, r.id, r.key_id, encode(r.body, 'base64')
    from (
      select 'creds ' || c.account_id || '  ' as place, c.account_id, 'creds' as part, '' as kind, '' as id, c.key_id, c.body
        from app.session_creds c where c.shard = p_shard and c.key_id <> p_key_id
      union all
      select 'inbox ' || i.account_id || ' ' || to_char(i.seq, 'FM0000000000000000000'), i.account_id, 'inbox', 'inbox', i.chat || '|' || i.author || '|' || i.message_id || '|' || i.part, i.key_id, i.body
        from app.session_inbox i where i.shard = p_shard and i.key_id <> p_key_id
      union all
      select 'keys ' || k.account_id || ' ' || k.kind || ' ' || k.id, k.account_id, 'keys', k.kind, k.id, k.key_id, k.body
        from app.session_keys k where k.shard = p_shard and k.key_id <> p_key_id
    ) r
   where r.place collate "C" > p_after collate "C"
   order by r.place collate "C"
   limit p_limit;
$$;

revoke execute on function app.sealed_session_rows from public;
grant execute on function app.sealed_session_rows to service_role;
