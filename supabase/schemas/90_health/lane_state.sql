-- In which state a lane with work is at p_now, in the words of message_queue_health: due, resting (its burst may still
-- grow, or its head waits for a status), backing_off, leased, expired (its worker did not come back), or parked by a pause.
-- Called by: list_lanes, get_lane.
create function app.lane_state (
  p_ready app.queue_ready,
  p_now   timestamptz
)
  returns text
  language sql
  immutable
  set search_path = ''
as $$
  select case
    when p_ready.parked_at is not null then 'parked'
    when p_ready.leased_by is not null then case when p_ready.at > p_now then 'leased' else 'expired' end
    when p_ready.at <= p_now then 'due'
    when p_ready.tries > 0 then 'backing_off'
    else 'resting'
  end;
$$;

revoke execute on function app.lane_state from public;
grant execute on function app.lane_state to service_role;
