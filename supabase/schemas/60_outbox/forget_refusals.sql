-- Lets the schedule of an outbound message begin anew, at once: a person wants it sent.
-- Locks: none of its own; the caller has locked the outbound message. Called by: retry_outbound_message, replay_dead_letter.
create function app.forget_refusals (
  p_shard       smallint,
  p_outbound_id uuid
)
  returns void
  language sql
  set search_path = ''
as $$
  update app.outbound_message set refused = 0 where shard = p_shard and id = p_outbound_id and refused > 0;
  update app.outbound_attempt set next_retry_at = null
   where shard = p_shard and outbound_message_id = p_outbound_id and next_retry_at is not null;
$$;

revoke execute on function app.forget_refusals from public;
grant execute on function app.forget_refusals to service_role;
