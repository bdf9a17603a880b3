-- Whether a message may leave now, and as what; asked once before every attempt. Null: it may, as it is. Else a
-- verdict:
--   {verdict: 'wait', until, why: 'scheduled' | 'quiet_hours' | 'pair_rate' | 'number_rate'}
--   {verdict: 'park', code, message}     a person decides
--   {verdict: 'refuse', code, message}   never: BLOCKED_BY_POLICY, or a template that cannot be sent like this
--   {verdict: 'replace', content}        it may, as this
-- The gates in their order: its time, consent, quiet hours, the window, the template's parameters, the disclosure, and
-- the token buckets last, because they take something. Quiet hours hold what the business begins (author 'system') and
-- what was scheduled, and agents' answers where the tenant says so.
-- Locks: those of disclose and take_tokens; the caller holds the outbound message and its lane. Called by:
-- start_outbound_attempt.
create function app.check_outbound (
  p_shard    smallint,
  p_outbound app.outbound_message,
  p_tenant   public.tenants
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_now     timestamptz := app.now();
  v_content jsonb := p_outbound.content;
  v_author  text;
  v_contact uuid;
  v_verdict jsonb;
  v_until   timestamptz;
  v_problem text;
begin
  if p_outbound.send_at > v_now then
    return jsonb_build_object('verdict', 'wait', 'until', p_outbound.send_at, 'why', 'scheduled');
  end if;
  select m.author into strict v_author from public.messages m where m.shard = p_shard and m.id = p_outbound.message_id;
  select c.contact_id into strict v_contact from public.conversations c where c.shard = p_shard and c.id = p_outbound.conversation_id;

  v_verdict := app.consent_gate(p_shard, p_tenant, p_outbound, v_content, v_author, v_contact);
  if v_verdict is not null then
    return v_verdict;
  end if;

  if p_tenant.quiet_hours is not null and p_outbound.purpose is null
    and (v_author = 'system' or p_outbound.send_at is not null or (v_author = 'agent' and p_tenant.quiet_hours_for_replies)) then
    v_until := app.quiet_until(p_tenant, v_now);
    if v_until is not null then
      return jsonb_build_object('verdict', 'wait', 'until', v_until, 'why', 'quiet_hours');
    end if;
  end if;

  v_verdict := app.window_gate(p_shard, p_tenant, p_outbound);
  if v_verdict ->> 'verdict' = 'replace' then
    v_content := v_verdict -> 'content';
    v_verdict := app.consent_gate(p_shard, p_tenant, p_outbound, v_content, v_author, v_contact);
  end if;
  if v_verdict is not null then
    return v_verdict;
  end if;

  if v_content ->> 'type' = 'template' then
    v_problem := app.check_template(p_shard, p_outbound.account_id, v_content);
    if v_problem is not null then
      return jsonb_build_object('verdict', 'refuse', 'code', 'template_invalid', 'message', v_problem);
    end if;
  elsif v_author = 'agent' and p_tenant.ai_disclosure is not null then
    v_content := app.disclose(p_shard, p_tenant, p_outbound, v_content);
  end if;

  v_verdict := app.take_tokens(p_shard, p_outbound.account_id, p_outbound.conversation_id);
  if v_verdict is not null then
    return v_verdict || '{"verdict": "wait"}';
  end if;
  if v_content is distinct from coalesce(p_outbound.sent_content, p_outbound.content) then
    return jsonb_build_object('verdict', 'replace', 'content', v_content);
  end if;
  return null;
end;
$$;

revoke execute on function app.check_outbound from public;
grant execute on function app.check_outbound to service_role;
