-- Says of outbound messages whose work has died how they stand: FAILED when they never left; PARKED when nobody knows
-- whether the provider took them (may_have_left), until a person decides. What is further along stays there.
-- Locks: outbound message, message, task; the caller has locked the outbound messages. Called by: schedule_message_retry.
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
  perform app.lose_outbound_attempts(p_shard, p_ids);
  perform app.set_outbound_status(p_shard, o.id, case when app.may_have_left(p_shard, o.id) then 'PARKED' else 'FAILED' end, p_error)
     from app.outbound_message o
    where o.shard = p_shard and o.id = any (p_ids) and o.status in ('QUEUED', 'SENDING', 'UNKNOWN');
end;
$$;

revoke execute on function app.fail_dead_outbound from public;
grant execute on function app.fail_dead_outbound to service_role;
