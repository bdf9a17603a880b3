-- Settles what a worker left open that is not at it any more: an INTENT has certainly not left (REJECTED), of what had
-- begun to leave nobody knows (UNKNOWN). In this order: between the two an attempt can no longer begin to leave.
-- Locks: the attempts; the caller has locked their outbound messages. Called by: start_outbound_attempt, fail_dead_outbound.
create function app.lose_outbound_attempts (
  p_shard smallint,
  p_ids   uuid[]
)
  returns void
  language sql
  set search_path = ''
as $$
  update app.outbound_attempt
     set state = 'REJECTED', finished_at = app.now(), error_code = 'worker_lost'
   where shard = p_shard and outbound_message_id = any (p_ids) and state = 'INTENT';
  update app.outbound_attempt
     set state = 'UNKNOWN', finished_at = app.now(), error_code = 'worker_lost'
   where shard = p_shard and outbound_message_id = any (p_ids) and state = 'IO_STARTED';
$$;

revoke execute on function app.lose_outbound_attempts from public;
grant execute on function app.lose_outbound_attempts to service_role;
