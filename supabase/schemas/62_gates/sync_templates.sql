-- Takes over the templates of a business account as the provider lists them, all of them: what is not among them is
-- gone.
-- p_templates: [{id, name, language, category, status, quality_score: {score}, rejected_reason, components}]. News that
-- came by webhook after p_read_at, when the listing began, stays. Returns {stored, removed}. Idempotent. Locks: the
-- templates, in their order.
-- Called by: commons/work/template-sync.ts.
create function app.sync_templates (
  p_shard       smallint,
  p_tenant_id   uuid,
  p_business_id text,
  p_templates   jsonb,
  p_read_at     timestamptz
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_now     timestamptz := app.now();
  v_stored  integer;
  v_removed integer;
begin
  insert into public.message_templates as m
    (shard, tenant_id, business_id, name, language, template_id, category, status, quality, rejected_reason, components, changed_at)
  select distinct on (t ->> 'name', t ->> 'language')
         p_shard, p_tenant_id, p_business_id, t ->> 'name', replace(t ->> 'language', '-', '_'), t ->> 'id', t ->> 'category', t ->> 'status',
         t -> 'quality_score' ->> 'score', nullif(t ->> 'rejected_reason', 'NONE'), coalesce(t -> 'components', '[]'), p_read_at
    from jsonb_array_elements(p_templates) as t
   order by t ->> 'name', t ->> 'language'
  on conflict (shard, tenant_id, business_id, name, language) do update
    set template_id = excluded.template_id, category = excluded.category, status = excluded.status, quality = excluded.quality,
        rejected_reason = excluded.rejected_reason, components = excluded.components, changed_at = excluded.changed_at
    where m.changed_at <= excluded.changed_at;
  get diagnostics v_stored = row_count;

  delete from public.message_templates m
   where m.shard = p_shard and m.tenant_id = p_tenant_id and m.business_id = p_business_id and m.changed_at <= p_read_at
     and not exists (select from jsonb_array_elements(p_templates) as t
                      where t ->> 'name' = m.name and replace(t ->> 'language', '-', '_') = m.language);
  get diagnostics v_removed = row_count;

  insert into app.template_syncs as s (shard, tenant_id, business_id, synced_at, due_at)
  values (p_shard, p_tenant_id, p_business_id, v_now, v_now + interval '6 hours')
  on conflict (shard, tenant_id, business_id) do update set synced_at = excluded.synced_at, due_at = excluded.due_at;
  return jsonb_build_object('stored', v_stored, 'removed', v_removed);
end;
$$;

revoke execute on function app.sync_templates from public;
grant execute on function app.sync_templates to service_role;
