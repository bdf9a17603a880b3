-- Serialises a status that finds no message with the send that is about to record the message's id, until the
-- transaction ends. Without it each could miss the other, and the status would stay an orphan for ever.
-- Locks: one advisory lock. Called by: ingest_status, accept_outbound.
create function app.lock_provider_message (
  p_shard               smallint,
  p_account_id          uuid,
  p_provider_message_id text
)
  returns void
  language sql
  volatile
  set search_path = ''
as $$
  select pg_advisory_xact_lock(hashtextextended(format('%s:%s:%s', p_shard, p_account_id, p_provider_message_id), 0));
$$;

revoke execute on function app.lock_provider_message from public;
grant execute on function app.lock_provider_message to service_role;
