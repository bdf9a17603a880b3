-- Wakes the workers of a queue as the transaction commits, when there are any that sleep. One that is about to fall
-- asleep looks again after its row is written, and soon after that, so a bell that nobody hung up yet is no loss.
-- Called by: enqueue_message, enqueue_messages, release_lane, wake_lane, resume_queue.
create function app.ring_doorbell (
  p_queue app.queue_name
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  if exists (select from app.queue_doorbell d where d.queue = p_queue and d.until > app.now()) then
    perform pg_notify('switchboard_queue', p_queue::text);
  end if;
end;
$$;

revoke execute on function app.ring_doorbell from public;
grant execute on function app.ring_doorbell to service_role;
