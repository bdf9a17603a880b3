-- Gives a conversation back to the agent: ends its pause, and a request for a person is answered. In the name of whoever calls the
-- HTTP API. The agent answers what the customer writes from then on.
-- p_caller: as act_as has it. Returns the conversation, as get_conversation. Idempotent. Audited; the hand-off is noted by note_handoff.
-- Raises SB404 when the tenant has none of that id. Locks: the conversation. Called by: the HTTP API.
create function app.resume_conversation (
  p_shard           smallint,
  p_tenant_id       uuid,
  p_caller          jsonb,
  p_conversation_id uuid
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_id uuid := app.get_conversation(p_shard, p_tenant_id, p_conversation_id) ->> 'id';
begin
  perform app.act_as(p_caller);
  update public.conversations
     set agent_paused_until = null, person_requested_at = null, person_request_reason = null
   where shard = p_shard and id = v_id and (agent_paused_until > app.now() or person_requested_at is not null);
  if found then
    perform app.log_audit(p_shard, p_tenant_id, 'UPDATED', 'conversation', v_id::text, '{"agent": "resumed"}');
  end if;
  return app.get_conversation(p_shard, p_tenant_id, v_id);
end;
$$;

revoke execute on function app.resume_conversation from public;
grant execute on function app.resume_conversation to service_role;
