-- Applies news of a template: its status, category or quality. What is not known here, or has other components now, is
-- read anew by the next sync.
-- p_event: {tenant_id, business, occurred_at, template: {id, name, language}, change: {status, reason, category,
-- quality, components}}. News older than what is known changes nothing. Idempotent. Locks: the template, then the row
-- of template_syncs.
-- Called by: ingest_event.
create function app.apply_template_event (
  p_shard smallint,
  p_event jsonb
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_tenant   uuid := (p_event ->> 'tenant_id')::uuid;
  v_business text := p_event ->> 'business';
  v_change   jsonb := p_event -> 'change';
  v_status   text := v_change ->> 'status';
begin
  update public.message_templates m
     -- FLAGGED warns of a quality that is low; it can be sent still.
     set status          = case v_status when 'FLAGGED' then m.status when 'REINSTATED' then 'APPROVED' else coalesce(v_status, m.status) end,
         rejected_reason = case when v_status is null then m.rejected_reason else nullif(v_change ->> 'reason', 'NONE') end,
         category        = coalesce(v_change ->> 'category', m.category),
         quality         = coalesce(v_change ->> 'quality', m.quality),
         changed_at      = (p_event ->> 'occurred_at')::timestamptz
   where m.shard = p_shard and m.tenant_id = v_tenant and m.business_id = v_business
     and m.name = p_event -> 'template' ->> 'name' and m.language = replace(p_event -> 'template' ->> 'language', '-', '_')
     and m.changed_at <= (p_event ->> 'occurred_at')::timestamptz;
  if not found or v_change ? 'components' then
    insert into app.template_syncs as s (shard, tenant_id, business_id, due_at)
    values (p_shard, v_tenant, v_business, app.now())
    on conflict (shard, tenant_id, business_id) do update set due_at = least(s.due_at, excluded.due_at);
  end if;
end;
$$;

revoke execute on function app.apply_template_event from public;
grant execute on function app.apply_template_event to service_role;
