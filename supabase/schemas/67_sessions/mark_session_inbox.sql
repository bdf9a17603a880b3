-- Messages of the journal were ingested: they go (p_seqs: a list of their numbers). Should WhatsApp deliver one again, the engine
-- knows its id. Idempotent. Returns how many went. Raises SB001 under a stale lease. Locks: lease (shared), then the rows.
-- Called by: the runner.
create function app.mark_session_inbox (
  p_shard      smallint,
  p_account_id uuid,
  p_token      bigint,
  p_seqs       jsonb
)
  returns integer
  language plpgsql
  set search_path = ''
as $$
declare
  v_count integer;
begin
  perform app.assert_session(p_shard, p_account_id, p_token);
  delete from app.session_inbox
   where shard = p_shard and account_id = p_account_id
     and seq = any (array(select value::bigint from jsonb_array_elements_text(p_seqs)));
  get diagnostics v_count = row_count;
  return v_count;
end;
$$;

revoke execute on function app.mark_session_inbox from public;
grant execute on function app.mark_session_inbox to service_role;
