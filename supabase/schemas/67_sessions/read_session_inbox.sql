-- The oldest messages that were decrypted and not ingested yet, in their order, sealed, base64; those after p_after. Called by: the runner.
create function app.read_session_inbox (
  p_shard      smallint,
  p_account_id uuid,
  p_after      bigint  default 0,
  p_limit      integer default 100
)
  returns table (seq bigint, chat text, author text, message_id text, part text, key_id text, body text)
  language sql
  stable
  set search_path = ''
as $$
  select i.seq, i.chat, i.author, i.message_id, i.part, i.key_id, encode(i.body, 'base64')
    from app.session_inbox i
   where i.shard = p_shard and i.account_id = p_account_id and i.seq > p_after
   order by i.seq
   limit p_limit;
$$;

revoke execute on function app.read_session_inbox from public;
grant execute on function app.read_session_inbox to service_role;
