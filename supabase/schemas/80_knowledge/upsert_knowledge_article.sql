-- Creates an article or replaces its text. Idempotent by (tenant, title). Called by: the demo seed.
create function app.upsert_knowledge_article (
  p_shard     smallint,
  p_tenant_id uuid,
  p_title     text,
  p_body      text
)
  returns uuid
  language sql
  set search_path = ''
as $$
  insert into public.knowledge_articles as k (shard, tenant_id, title, body, updated_at)
  values (p_shard, p_tenant_id, p_title, p_body, app.now())
  on conflict (shard, tenant_id, title) do update set body = excluded.body, updated_at = excluded.updated_at
  returning k.id;
$$;

revoke execute on function app.upsert_knowledge_article from public;
grant execute on function app.upsert_knowledge_article to service_role;
