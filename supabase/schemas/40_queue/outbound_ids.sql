-- The outbound messages that the work in an outbound lane up to p_upto speaks of.
-- Called by: schedule_message_retry, try_lock_lane, cancel_queue_messages.
create function app.outbound_ids (
  p_shard   smallint,
  p_lane_id uuid,
  p_upto    bigint
)
  returns uuid[]
  language sql
  stable
  set search_path = ''
as $$
  select coalesce(array_agg(app.outbound_id(q.payload) order by q.seq), '{}')
    from app.message_queue q
   where q.shard = p_shard and q.queue = 'outbound' and q.lane_id = p_lane_id and q.seq <= p_upto
     and app.outbound_id(q.payload) is not null;
$$;

revoke execute on function app.outbound_ids from public;
grant execute on function app.outbound_ids to service_role;
