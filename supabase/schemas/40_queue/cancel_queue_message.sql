-- Cancels the work that was enqueued under an idempotency key, scheduled or waiting in its lane, unless a worker has it
-- in hand. The key stays taken. Returns whether it was cancelled. Idempotent.
-- Locks: the key, the scheduled row, or as cancel_queue_messages. Called by: people.
create function app.cancel_queue_message (
  p_shard           smallint,
  p_queue           app.queue_name,
  p_idempotency_key text
)
  returns boolean
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_key app.queue_idempotency;
begin
  delete from app.queue_scheduled where shard = p_shard and queue = p_queue and idempotency_key = p_idempotency_key;
  if found then
    return true;
  end if;

  -- For a share: while the work is just being moved into its lane, this waits for its number.
  select * into v_key from app.queue_idempotency where shard = p_shard and queue = p_queue and key = p_idempotency_key for share;
  return coalesce(app.cancel_queue_messages(p_shard, p_queue, v_key.lane_id, v_key.seq, v_key.seq), 0) > 0;
end;
$$;

revoke execute on function app.cancel_queue_message from public;
grant execute on function app.cancel_queue_message to service_role;
