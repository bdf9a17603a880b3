-- The articles of a tenant that share words with a question, best first. Any shared word counts, so that a question in a
-- customer's own words still finds something; the rank says how much.
-- p_query: any text; nothing but stop words finds nothing. p_limit: at most 50. Called by: packages/agents.
create function app.search_knowledge (
  p_shard     smallint,
  p_tenant_id uuid,
  p_query     text,
  p_limit     integer default 5
)
  returns table (id uuid, title text, body text, rank real)
  language sql
  stable
  set search_path = ''
as $$
  select k.id, k.title, k.body, ts_rank_cd(k.search, q.query, 1) as rank
    from (
      select nullif(replace(plainto_tsquery('pg_catalog.english', left(p_query, 2000))::text, ' & ', ' | '), '')::tsquery as query
    ) as q
    join public.knowledge_articles k on k.search @@ q.query
   where k.shard = p_shard and k.tenant_id = p_tenant_id
   order by rank desc, k.title
   limit least(p_limit, 50);
$$;

revoke execute on function app.search_knowledge from public;
grant execute on function app.search_knowledge to service_role;
