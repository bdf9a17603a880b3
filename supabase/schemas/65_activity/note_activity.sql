-- Notes in a conversation what no other table holds. p_kind: HANDOFF, TOOL_CALL ..., in capitals
-- (23514 otherwise). p_detail: a small object without personal data. In the name of whoever act_as named.
-- Not idempotent: called once, in the transaction of what it tells. Locks: the conversation, against its deletion only.
-- Called by: complete_turn, note_handoff.
create function app.note_activity (
  p_shard           smallint,
  p_tenant_id       uuid,
  p_conversation_id uuid,
  p_kind            text,
  p_detail          jsonb default '{}'
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  insert into app.conversation_events (shard, tenant_id, conversation_id, kind, actor, detail, created_at)
  values (p_shard, p_tenant_id, p_conversation_id, p_kind, coalesce(nullif(current_setting('app.actor', true), ''), 'system'),
          coalesce(p_detail, '{}'), app.now());
end;
$$;

revoke execute on function app.note_activity from public;
grant execute on function app.note_activity to service_role;
