-- Whether a person has forbidden this message: a verdict 'refuse', or null. Who opted out of everything gets no
-- business-initiated message, no template and no answer of an agent, but the one confirmation, and what a person of the
-- business writes by hand; who opted out of marketing gets no marketing template, and, where the tenant wants a yes
-- first, neither does who never gave one. A template of unknown category counts as marketing. p_content: what would
-- leave. Locks: none. Called by: check_outbound.
create function app.consent_gate (
  p_shard      smallint,
  p_tenant     public.tenants,
  p_outbound   app.outbound_message,
  p_content    jsonb,
  p_author     text,
  p_contact_id uuid
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  v_consent  jsonb := app.consent_of(p_shard, p_contact_id);
  v_template boolean := p_content ->> 'type' = 'template';
  v_reason   text;
begin
  if p_outbound.purpose = 'consent_confirmation' then
    return null;
  end if;
  if v_consent ->> 'all' = 'stop' and (v_template or p_author <> 'person') then
    v_reason := 'the customer has opted out; only a person can answer by hand, until the customer opts in again';
  elsif v_template
    and (v_consent ->> 'marketing' = 'stop' or (p_tenant.marketing_needs_opt_in and v_consent ->> 'marketing' is distinct from 'resume'))
    and coalesce((app.find_template(p_shard, p_outbound.account_id, p_content ->> 'name', p_content ->> 'language')).category,
          'MARKETING') = 'MARKETING' then
    v_reason := case when v_consent ->> 'marketing' = 'stop' then 'the customer has opted out of marketing messages'
                     else 'the customer has not asked for marketing messages (marketing_needs_opt_in)' end;
  end if;
  return case when v_reason is not null then jsonb_build_object('verdict', 'refuse', 'code', 'BLOCKED_BY_POLICY', 'message', v_reason) end;
end;
$$;

revoke execute on function app.consent_gate from public;
grant execute on function app.consent_gate to service_role;
