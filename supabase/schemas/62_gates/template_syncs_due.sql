-- The business accounts whose templates are to be read now, each with an account whose credentials open it; at most
-- p_limit. Whoever asks is expected to read them: each is due again in ten minutes, should that fail. Locks: the rows
-- of template_syncs, in ascending order. Called by: commons/work/template-sync.ts, for the leader among the runners.
create function app.template_syncs_due (
  p_shard smallint,
  p_limit integer default 5
)
  returns table (tenant_id uuid, business_id text, account_id uuid)
  language plpgsql
  set search_path = ''
as $$
#variable_conflict use_column
declare
  v_now timestamptz := app.now();
begin
  return query
  with due as materialized (
    select distinct on (a.tenant_id, a.business_id) a.tenant_id, a.business_id, a.id as account_id
      from public.whatsapp_accounts a
      join app.whatsapp_account_credentials c on c.shard = a.shard and c.account_id = a.id
      left join app.template_syncs s on s.shard = a.shard and s.tenant_id = a.tenant_id and s.business_id = a.business_id
     where a.shard = p_shard and a.provider = 'cloud_api' and a.status = 'active' and a.business_id is not null
       and coalesce(s.due_at, '-infinity') <= v_now
     order by a.tenant_id, a.business_id, a.created_at, a.id
     limit p_limit
  ), taken as (
    insert into app.template_syncs as s (shard, tenant_id, business_id, due_at)
    select p_shard, d.tenant_id, d.business_id, v_now + interval '10 minutes' from due d
    on conflict (shard, tenant_id, business_id) do update set due_at = excluded.due_at
    returning s.tenant_id, s.business_id
  )
  select d.tenant_id, d.business_id, d.account_id
    from due d
    join taken t on t.tenant_id = d.tenant_id and t.business_id = d.business_id;
end;
$$;

revoke execute on function app.template_syncs_due from public;
grant execute on function app.template_syncs_due to service_role;
