-- Asks a person for a decision. Idempotent: while a task of that kind about that subject is open, it is the same one, with
-- the newest reason. p_about: {account_id, conversation_id, outbound_message_id, detail}, each as far as it is known.
-- Returns the task's id. Locks: the task. Called by: whatever cannot go on by itself.
create function app.open_task (
  p_shard     smallint,
  p_tenant_id uuid,
  p_kind      text,
  p_subject   text,
  p_reason    text,
  p_about     jsonb default '{}'
)
  returns uuid
  language plpgsql
  set search_path = ''
as $$
declare
  v_now timestamptz := app.now();
  v_id  uuid;
begin
  insert into public.tasks as t
    (shard, tenant_id, kind, subject, reason, detail, account_id, conversation_id, outbound_message_id, created_at, last_seen_at)
  values (p_shard, p_tenant_id, p_kind, p_subject, p_reason, coalesce(p_about -> 'detail', '{}'), (p_about ->> 'account_id')::uuid,
          (p_about ->> 'conversation_id')::uuid, (p_about ->> 'outbound_message_id')::uuid, v_now, v_now)
  on conflict (shard, tenant_id, kind, subject) where resolved_at is null do update
    set reason = excluded.reason, detail = excluded.detail, seen = t.seen + 1, last_seen_at = excluded.last_seen_at
  returning t.id into strict v_id;
  return v_id;
end;
$$;

revoke execute on function app.open_task from public;
grant execute on function app.open_task to service_role;
