-- What a tenant's agents may answer from.

create table public.knowledge_articles (
  shard      smallint    not null default 0,
  id         uuid        not null default gen_random_uuid(),
  tenant_id  uuid        not null,
  title      text        not null check (length(title) between 1 and 200),
  body       text        not null check (length(body) between 1 and 20000),
  -- Words of other languages are found too, only not in all their forms. search_knowledge asks in the same way.
  search     tsvector    not null generated always as
             (setweight(to_tsvector('pg_catalog.english', title), 'A') || setweight(to_tsvector('pg_catalog.english', body), 'B')) stored,
  updated_at timestamptz not null default now(),
  primary key (shard, id),
  unique (shard, tenant_id, title),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade
);
comment on table public.knowledge_articles is 'A tenant''s knowledge base.';
create index knowledge_articles_search on public.knowledge_articles using gin (search);

alter table public.knowledge_articles enable row level security;
create policy "members see their knowledge" on public.knowledge_articles
  for select to authenticated using (tenant_id in (select app.member_tenant_ids()));
grant select on public.knowledge_articles to authenticated;
grant select, insert, update, delete on public.knowledge_articles to service_role;
