-- Notes a HANDOFF when a conversation passes from the agent to a person (one was asked for, or one took over) or back. A
-- pause that is made longer is none. Nothing happens when a pause runs out, so that is noted, with its time, when another
-- pause or none takes its place; until then conversation_timeline reads it from the conversation. So does it with a pause that is
-- ended by a time that is past; who gives the conversation back sets null (resume_conversation).
-- A trigger, so that no path can forget. Locks: none. Called by: public.conversations.
create function app.note_handoff ()
  returns trigger
  language plpgsql
  set search_path = ''
as $$
declare
  v_now    timestamptz := app.now();
  v_before public.conversations := case when tg_op = 'UPDATE' then old end;
begin
  if v_before.agent_paused_until <= v_now and new.agent_paused_until is distinct from v_before.agent_paused_until then
    insert into app.conversation_events (shard, tenant_id, conversation_id, kind, actor, detail, created_at)
    values (new.shard, new.tenant_id, new.id, 'HANDOFF', 'system', '{"to": "agent", "how": "pause_over"}', v_before.agent_paused_until);
  end if;
  if new.person_requested_at is not null and v_before.person_requested_at is null then
    perform app.note_activity(new.shard, new.tenant_id, new.id, 'HANDOFF',
      jsonb_build_object('to', 'person', 'how', 'requested', 'reason', new.person_request_reason));
  end if;
  if new.agent_paused_until > v_now and coalesce(v_before.agent_paused_until <= v_now, true) then
    perform app.note_activity(new.shard, new.tenant_id, new.id, 'HANDOFF',
      jsonb_build_object('to', 'person', 'how', 'took_over', 'until', new.agent_paused_until));
  end if;
  if (v_before.person_requested_at is not null and new.person_requested_at is null)
     or (v_before.agent_paused_until > v_now and new.agent_paused_until is null) then
    perform app.note_activity(new.shard, new.tenant_id, new.id, 'HANDOFF', jsonb_build_object('to', 'agent', 'how', 'given_back'));
  end if;
  return null;
end;
$$;

revoke execute on function app.note_handoff from public;
grant execute on function app.note_handoff to service_role;

create trigger handoff_at_first after insert on public.conversations for each row
  when (new.agent_paused_until is not null or new.person_requested_at is not null) execute function app.note_handoff();
create trigger handoff after update of agent_paused_until, person_requested_at on public.conversations for each row
  when (old.agent_paused_until is distinct from new.agent_paused_until or old.person_requested_at is distinct from new.person_requested_at)
  execute function app.note_handoff();
