-- A conversation of a tenant as the HTTP API shows it: who it is with, on which number, until when free text may be sent, who
-- answers, what the person said about being written to, and what waits for a decision.
-- Returns {id, created_at, last_message_at, last_customer_message_at, account: {id, provider, name, display_phone, status}, contact: {id, name,
-- identities: [{kind, value}]}, window: {open, until}, agent: {paused_until, person_requested_at, person_request_reason}, consent: as
-- consent_of, open_tasks: [{id, kind, reason, seen, created_at}]}. window.until is null where there is no limit, or never was a window;
-- agent.paused_until is null for a pause that is over. One that was merged into another is that other one.
-- Raises SB404 when the tenant has none of that id. Locks: none. Called by: the HTTP API, pause_conversation, resume_conversation.
create function app.get_conversation (
  p_shard           smallint,
  p_tenant_id       uuid,
  p_conversation_id uuid
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
  set timezone = 'UTC'
as $$
declare
  v_now          timestamptz := app.now();
  v_conversation public.conversations;
  v_window       timestamptz;
begin
  select kept.* into v_conversation
    from public.conversations c
    join public.conversations kept on kept.shard = c.shard and kept.id = coalesce(c.merged_into, c.id)
   where c.shard = p_shard and c.id = p_conversation_id and c.tenant_id = p_tenant_id;
  if not found then
    raise exception sqlstate 'SB404' using message = format('there is no conversation %s', p_conversation_id);
  end if;
  v_window := app.send_window(p_shard, v_conversation.id);

  return jsonb_build_object(
    'id', v_conversation.id, 'created_at', v_conversation.created_at, 'last_message_at', v_conversation.last_message_at,
    'last_customer_message_at', v_conversation.last_customer_message_at,
    'account', (
      select jsonb_build_object('id', a.id, 'provider', a.provider, 'name', a.name, 'display_phone', a.display_phone, 'status', a.status)
        from public.whatsapp_accounts a
       where a.shard = p_shard and a.id = v_conversation.account_id),
    'contact', (
      select jsonb_build_object('id', c.id, 'name', c.name, 'identities', (
               select coalesce(jsonb_agg(jsonb_build_object('kind', i.kind, 'value', i.value) order by i.kind, i.value), '[]')
                 from public.contact_identities i
                where i.shard = p_shard and i.contact_id = c.id))
        from public.contacts c
       where c.shard = p_shard and c.id = v_conversation.contact_id),
    'window', jsonb_build_object('open', v_window > v_now, 'until', case when isfinite(v_window) then v_window end),
    'agent', jsonb_build_object('paused_until', case when v_conversation.agent_paused_until > v_now then v_conversation.agent_paused_until end,
      'person_requested_at', v_conversation.person_requested_at, 'person_request_reason', v_conversation.person_request_reason),
    'consent', app.consent_of(p_shard, v_conversation.contact_id),
    'open_tasks', (
      select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'kind', t.kind, 'reason', t.reason, 'seen', t.seen, 'created_at', t.created_at)
               order by t.created_at, t.id), '[]')
        from public.tasks t
       where t.shard = p_shard and t.conversation_id = v_conversation.id and t.resolved_at is null));
end;
$$;

revoke execute on function app.get_conversation from public;
grant execute on function app.get_conversation to service_role;
