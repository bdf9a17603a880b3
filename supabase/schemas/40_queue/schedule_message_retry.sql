-- Gives a leased lane back after a failure: its messages up to p_upto are tried again later, in their place at the head
-- of the lane; after p_max_tries they go to the dead letters with their reason and the lane moves on.
-- A dead outbound message says so: FAILED when it certainly never left, else PARKED until a person decides.
-- p_error: why, as errorToJson writes it. p_retry_after: what the other side asked for; null: exponential backoff.
-- Returns 'retry' or 'dead'. Raises SB001 when the lease is stale, SB400 when p_upto is done already or was never
-- enqueued. Locks: outbound message, lane, ready. Called by: fail_turn, bury_lost_lane, commons/handlers.
create function app.schedule_message_retry (
  p_shard       smallint,
  p_queue       app.queue_name,
  p_lane_id     uuid,
  p_token       bigint,
  p_upto        bigint,
  p_error       jsonb,
  p_max_tries   integer  default 12,
  p_retry_after interval default null
)
  returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_ready    app.queue_ready;
  v_outbound uuid[];
begin
  if p_queue = 'outbound' then
    v_outbound := app.outbound_ids(p_shard, p_lane_id, p_upto);
    perform from app.outbound_message where shard = p_shard and id = any (v_outbound) order by id for update;
  end if;
  v_ready := app.assert_lease(p_shard, p_queue, p_lane_id, p_token);
  if p_upto <= v_ready.done then
    raise exception sqlstate 'SB400'
      using message = format('message %s of lane %s is done already (cursor at %s)', p_upto, p_lane_id, v_ready.done);
  end if;

  if v_ready.tries < p_max_tries then
    perform app.release_lane(v_ready, v_ready.done, p_at => app.now() + coalesce(p_retry_after, app.backoff(v_ready.tries)),
      p_tries => v_ready.tries);
    return 'retry';
  end if;

  with dead as (
    delete from app.message_queue q
     where q.shard = p_shard and q.queue = p_queue and q.lane_id = p_lane_id and q.seq > v_ready.done and q.seq <= p_upto
    returning q.*
  )
  insert into app.queue_dead_letter
    (shard, queue, lane_id, seq, tenant_id, kind, payload, correlation_id, tries, error, enqueued_at, dead_at)
  select d.shard, d.queue, d.lane_id, d.seq, d.tenant_id, d.kind, d.payload, d.correlation_id, v_ready.tries, p_error,
         d.enqueued_at, app.now()
    from dead d
   order by d.seq;
  perform app.fail_dead_outbound(p_shard, v_outbound, p_error);
  perform app.release_lane(v_ready, p_upto);
  return 'dead';
end;
$$;

revoke execute on function app.schedule_message_retry from public;
grant execute on function app.schedule_message_retry to service_role;
