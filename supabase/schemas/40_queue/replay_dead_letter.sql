-- Puts a dead letter back at the end of its lane. A dead outbound message that is FAILED or PARKED becomes QUEUED again:
-- whoever replays one that is PARKED decides that it is to be sent, even if it may arrive twice.
-- Returns its new sequence number. Idempotent in effect: a letter is replayed once; a second call raises SB409, as for
-- one that was discarded. Raises SB404 when there is none.
-- Locks: the letter, outbound message, message, lane, ready. Called by: replay_dead_letters, people.
create function app.replay_dead_letter (
  p_shard smallint,
  p_id    uuid
)
  returns bigint
  language plpgsql
  set search_path = ''
as $$
declare
  v_letter app.queue_dead_letter := app.open_dead_letter(p_shard, p_id);
begin
  update app.queue_dead_letter set replayed_at = app.now() where shard = p_shard and id = p_id;

  if v_letter.queue = 'outbound' then
    perform from app.outbound_message where shard = p_shard and id = app.outbound_id(v_letter.payload) for update;
    perform app.forget_refusals(p_shard, o.id), app.set_outbound_status(p_shard, o.id, 'QUEUED')
       from app.outbound_message o
      where o.shard = p_shard and o.id = app.outbound_id(v_letter.payload) and o.status in ('FAILED', 'PARKED');
  end if;
  return app.enqueue_message(p_shard, v_letter.queue, v_letter.lane_id, v_letter.tenant_id, v_letter.kind,
    v_letter.payload, v_letter.correlation_id);
end;
$$;

revoke execute on function app.replay_dead_letter from public;
grant execute on function app.replay_dead_letter to service_role;
