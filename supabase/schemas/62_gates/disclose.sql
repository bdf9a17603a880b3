-- The content of an agent's message with the tenant's disclosure before it, when the customer has not been told yet in
-- this conversation (or session); else as it is. The message that carries it is written down before it leaves; one that
-- failed or was cancelled has told nobody, so that the next one does. Text that would grow too long is left as it is;
-- the handler of turns leaves room.
-- Idempotent: the same message carries it again. Locks: the conversation's row of ai_disclosures. Called by:
-- check_outbound.
create function app.disclose (
  p_shard    smallint,
  p_tenant   public.tenants,
  p_outbound app.outbound_message,
  p_content  jsonb
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_text    text := p_tenant.ai_disclosure || E'\n\n' || (p_content ->> 'text');
  v_session uuid;
begin
  if v_text is null or p_content ->> 'type' = 'template' or length(v_text) > (case p_content ->> 'type' when 'text' then 4096 else 1024 end) then
    return p_content;
  end if;
  if p_tenant.ai_disclosure_per = 'session' then
    select m.session_id into v_session from app.ai_conversation_memory m where m.shard = p_shard and m.conversation_id = p_outbound.conversation_id;
  end if;

  insert into app.ai_disclosures as d (shard, conversation_id, outbound_message_id, session_id)
  values (p_shard, p_outbound.conversation_id, p_outbound.id, v_session)
  on conflict (shard, conversation_id) do update
    set outbound_message_id = excluded.outbound_message_id, session_id = excluded.session_id
    where d.outbound_message_id = excluded.outbound_message_id
       or (excluded.session_id is not null and d.session_id is distinct from excluded.session_id)
       or not exists (select from app.outbound_message o
                       where o.shard = d.shard and o.id = d.outbound_message_id and o.status not in ('FAILED', 'CANCELLED', 'PARKED'));
  return case when found then p_content || jsonb_build_object('text', v_text) else p_content end;
end;
$$;

revoke execute on function app.disclose from public;
grant execute on function app.disclose to service_role;
