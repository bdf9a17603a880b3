-- Takes work that no worker has in hand out of a lane: its messages from p_from to p_upto. Under a live lease what the
-- lease covers stays. An outbound message that is QUEUED and has not left becomes CANCELLED; any other stays in its lane.
-- Returns how many were cancelled. Idempotent. Locks: outbound messages in ascending order, messages, lane, ready.
-- Called by: cancel_queue_message, people.
create function app.cancel_queue_messages (
  p_shard   smallint,
  p_queue   app.queue_name,
  p_lane_id uuid,
  p_from    bigint default 1,
  p_upto    bigint default 9223372036854775807
)
  returns integer
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_ready app.queue_ready;
  v_begun uuid[] := '{}';
  v_gone  jsonb[];
begin
  if p_queue = 'outbound' then
    perform from app.outbound_message
      where shard = p_shard and id = any (app.outbound_ids(p_shard, p_lane_id, p_upto)) order by id for update;
    select coalesce(array_agg(o.id), '{}') into v_begun
      from app.outbound_message o
     where o.shard = p_shard and o.id = any (app.outbound_ids(p_shard, p_lane_id, p_upto)) and (o.status <> 'QUEUED' or app.may_have_left(p_shard, o.id));
  end if;

  perform from app.queue_lane where shard = p_shard and queue = p_queue and lane_id = p_lane_id for update;
  select * into v_ready from app.queue_ready where shard = p_shard and queue = p_queue and lane_id = p_lane_id for update;
  with gone as (
    delete from app.message_queue q
     where q.shard = p_shard and q.queue = p_queue and q.lane_id = p_lane_id
       and q.seq between greatest(p_from, case when v_ready.leased_by is null or v_ready.at <= app.now() then 0
                                               else coalesce(v_ready.upto, 9223372036854775806) + 1 end) and p_upto
       and coalesce(app.outbound_id(q.payload) <> all (v_begun), true)
    returning q.payload
  )
  select array_agg(g.payload) into v_gone from gone g;

  if p_queue = 'outbound' then
    perform app.set_outbound_status(p_shard, o.id, 'CANCELLED')
       from app.outbound_message o
      where o.shard = p_shard and o.id in (select app.outbound_id(g) from unnest(v_gone) as g);
  end if;
  if v_gone is not null and (v_ready.leased_by is null or v_ready.at <= app.now()) then
    perform app.release_lane(v_ready, v_ready.done, p_at => coalesce(v_ready.parked_at, v_ready.at), p_tries => v_ready.tries);
  end if;
  return coalesce(cardinality(v_gone), 0);
end;
$$;

revoke execute on function app.cancel_queue_messages from public;
grant execute on function app.cancel_queue_messages to service_role;
