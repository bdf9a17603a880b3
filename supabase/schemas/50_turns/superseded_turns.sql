-- Which of these turns are superseded while the agent works, by their leased lanes: a worker asks for all that it has in
-- hand at once, to end calls whose answers would be dropped. p_turns: [{lane_id, upto}]. Locks: none.
-- Called by: commons/handlers/turn-watch.ts.
create function app.superseded_turns (
  p_shard smallint,
  p_turns jsonb
)
  returns table (lane_id uuid)
  language sql
  stable
  set search_path = ''
  set enable_seqscan = off
as $$
  select x.lane_id
    from jsonb_to_recordset(p_turns) as x (lane_id uuid, upto bigint)
    join app.queue_ready r on r.shard = p_shard and r.queue = 'inbound' and r.lane_id = x.lane_id and r.leased_by is not null
    join app.turns t on t.shard = p_shard and t.conversation_id = x.lane_id and t.first_seq = r.done + 1 and t.status = 'working'
   where app.is_superseded(r, x.upto, t);
$$;

revoke execute on function app.superseded_turns from public;
grant execute on function app.superseded_turns to service_role;
