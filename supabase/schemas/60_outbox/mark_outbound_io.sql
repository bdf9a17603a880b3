-- Writes down that an attempt leaves now: from here on only the provider knows whether it was taken. Called with the
-- request ready, right before its first byte; what crashed before has certainly not left.
-- Returns false when the attempt is not ours to make any more (another worker took the lane over and settled it, or a
-- status has told that an earlier attempt was taken): nothing may leave then. The attempt's row alone decides: whoever takes a
-- lane over, and every status, settles it first. Idempotent: never true twice.
-- Locks: the attempt. Called by: commons/handlers/send.ts.
create function app.mark_outbound_io (
  p_shard       smallint,
  p_outbound_id uuid,
  p_attempt_no  smallint,
  p_token       bigint
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
begin
  update app.outbound_attempt
     set state = 'IO_STARTED', io_started_at = app.now()
   where shard = p_shard and outbound_message_id = p_outbound_id and attempt_no = p_attempt_no and token = p_token and state = 'INTENT';
  return found;
end;
$$;

revoke execute on function app.mark_outbound_io from public;
grant execute on function app.mark_outbound_io to service_role;
