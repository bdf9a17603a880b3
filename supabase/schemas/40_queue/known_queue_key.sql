-- What an idempotency key that was taken before stands for: the number of its work in its lane, null while it is
-- scheduled. p_fingerprint: of the work that asks. Raises SB409 when that is other work. Called by: enqueue_message,
-- enqueue_messages.
create function app.known_queue_key (
  p_shard       smallint,
  p_queue       app.queue_name,
  p_key         text,
  p_fingerprint text
)
  returns bigint
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  v_key app.queue_idempotency;
begin
  select * into strict v_key from app.queue_idempotency where shard = p_shard and queue = p_queue and key = p_key;
  if v_key.fingerprint <> p_fingerprint then
    raise exception sqlstate 'SB409'
      using message = format('the idempotency key %s of queue %s was used for other work', p_key, p_queue),
            hint = 'use a new key for new work';
  end if;
  return v_key.seq;
end;
$$;

revoke execute on function app.known_queue_key from public;
grant execute on function app.known_queue_key to service_role;
