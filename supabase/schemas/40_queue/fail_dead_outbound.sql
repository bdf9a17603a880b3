-- Says of outbound messages whose work has died how they stand: FAILED when they never left (QUEUED); PARKED when nobody
-- knows whether the provider took them (SENDING, UNKNOWN), until a person decides. What is further along stays there.
-- Locks: outbound message, message; the caller has locked the outbound messages. Called by: schedule_message_retry.
create function app.fail_dead_outbound (
  p_shard smallint,
  p_ids   uuid[],
  p_error jsonb
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  update app.outbound_attempt
     set state = 'UNKNOWN', finished_at = app.now(), error_code = 'worker_lost'
   where shard = p_shard and outbound_message_id = any (p_ids) and state = 'IO_STARTED';

  perform app.set_outbound_status(p_shard, o.id, case o.status when 'QUEUED' then 'FAILED' else 'PARKED' end, p_error)
     from app.outbound_message o
    where o.shard = p_shard and o.id = any (p_ids) and o.status in ('QUEUED', 'SENDING', 'UNKNOWN');
end;
$$;

revoke execute on function app.fail_dead_outbound from public;
grant execute on function app.fail_dead_outbound to service_role;
