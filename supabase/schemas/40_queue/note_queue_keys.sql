-- Writes down under which number in its lane the work of each key stands. The plan is pinned, as in lift_lanes.
-- Locks: the keys; the caller has taken them. Called by: enqueue_messages.
create function app.note_queue_keys (
  p_shard smallint,
  p_queue app.queue_name,
  p_keys  text[],
  p_seqs  bigint[]
)
  returns void
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_nestloop = off
  set enable_mergejoin = off
as $$
begin
  update app.queue_idempotency k
     set seq = x.seq
    from unnest(p_keys, p_seqs) as x (key, seq)
   where k.shard = p_shard and k.queue = p_queue and k.key = any (p_keys) and k.key = x.key;
end;
$$;

revoke execute on function app.note_queue_keys from public;
grant execute on function app.note_queue_keys to service_role;
