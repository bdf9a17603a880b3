-- Decides that a dead letter is not to be done any more, with the reason; the row stays for a week. What it speaks of
-- keeps the status that it died with. Raises SB404, SB409 as replay_dead_letter. Locks: the letter.
-- Called by: discard_dead_letters, people.
create function app.discard_dead_letter (
  p_shard  smallint,
  p_id     uuid,
  p_reason text
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  perform app.open_dead_letter(p_shard, p_id);
  update app.queue_dead_letter
     set discarded_at = app.now(), discard_reason = coalesce(nullif(p_reason, ''), 'no reason given')
   where shard = p_shard and id = p_id;
end;
$$;

revoke execute on function app.discard_dead_letter from public;
grant execute on function app.discard_dead_letter to service_role;
