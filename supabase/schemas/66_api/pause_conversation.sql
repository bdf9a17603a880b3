-- Keeps the agent silent in a conversation until p_until (null: as long as after a message that a person wrote,
-- takeover_pause_minutes), in the name of whoever calls the HTTP API; a pause that there is becomes this one. An answer that
-- the agent is just working on is not sent (complete_turn); what is queued already is.
-- p_caller: as act_as has it. Returns the conversation, as get_conversation. Idempotent. Audited; the hand-off is noted by note_handoff.
-- Raises SB404 when the tenant has none of that id, SB400 for a time that is past. Locks: the conversation. Called by: the HTTP API.
create function app.pause_conversation (
  p_shard           smallint,
  p_tenant_id       uuid,
  p_caller          jsonb,
  p_conversation_id uuid,
  p_until           timestamptz default null
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_now   timestamptz := app.now();
  v_id    uuid := app.get_conversation(p_shard, p_tenant_id, p_conversation_id) ->> 'id';
  v_until timestamptz := coalesce(p_until, (
    select v_now + make_interval(mins => t.takeover_pause_minutes) from public.tenants t where t.shard = p_shard and t.id = p_tenant_id));
begin
  if v_until <= v_now then
    raise exception sqlstate 'SB400'
      using message = 'a pause ends after now', hint = 'name a later time, or resume the conversation';
  end if;
  perform app.act_as(p_caller);
  update public.conversations
     set agent_paused_until = v_until
   where shard = p_shard and id = v_id and agent_paused_until is distinct from v_until;
  if found then
    perform app.log_audit(p_shard, p_tenant_id, 'UPDATED', 'conversation', v_id::text, jsonb_build_object('agent', 'paused', 'until', v_until));
  end if;
  return app.get_conversation(p_shard, p_tenant_id, v_id);
end;
$$;

revoke execute on function app.pause_conversation from public;
grant execute on function app.pause_conversation to service_role;
