-- People and the addresses under which they write. A person may have no phone number at all (BSUID only).

create table public.contacts (
  shard       smallint    not null default 0,
  id          uuid        not null default gen_random_uuid(),
  tenant_id   uuid        not null,
  name        text,
  -- Two contacts that turned out to be one person: the younger points to the older.
  merged_into uuid,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  primary key (shard, id),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade,
  foreign key (shard, merged_into) references public.contacts (shard, id),
  check (merged_into <> id)
);
comment on table public.contacts is 'A person who writes to a tenant.';
create index contacts_tenant on public.contacts (shard, tenant_id);
create index contacts_merged_into on public.contacts (shard, merged_into) where merged_into is not null;

create table public.contact_identities (
  shard      smallint    not null default 0,
  tenant_id  uuid        not null,
  kind       text        not null check (kind in ('phone', 'bsuid', 'parent_bsuid', 'lid', 'username')),
  value      text        not null check (length(value) between 1 and 200),
  contact_id uuid        not null,
  created_at timestamptz not null default now(),
  primary key (shard, tenant_id, kind, value),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade,
  foreign key (shard, contact_id) references public.contacts (shard, id) on delete cascade
);
comment on table public.contact_identities is 'One address of a person: phone (raw wa_id), BSUID, parent BSUID, LID, username.';
create index contact_identities_contact on public.contact_identities (shard, contact_id);

alter table public.contacts enable row level security;
create policy "members see their contacts" on public.contacts
  for select to authenticated using (tenant_id in (select app.member_tenant_ids()));
grant select on public.contacts to authenticated;
grant select, insert, update, delete on public.contacts to service_role;

alter table public.contact_identities enable row level security;
create policy "members see their contacts' addresses" on public.contact_identities
  for select to authenticated using (tenant_id in (select app.member_tenant_ids()));
grant select on public.contact_identities to authenticated;
grant select, insert, update, delete on public.contact_identities to service_role;
