-- The numbers (or devices) of a tenant. `(provider, external_id)` routes a webhook to its tenant and shard, so it is
-- unique over all shards; on a distributed Postgres this is a reference table.

create table public.whatsapp_accounts (
  shard         smallint    not null default 0,
  id            uuid        not null default gen_random_uuid(),
  tenant_id     uuid        not null,
  provider      text        not null check (provider in ('cloud_api', 'baileys', 'evolution', 'twilio')),
  external_id   text        not null check (length(external_id) between 1 and 200),
  display_phone text,
  name          text        not null,
  -- The service that answers here, as the registry names it.
  agent         text        not null default 'agent:concierge',
  status        text        not null default 'active' check (status in ('active', 'paused', 'disabled')),
  -- The provider's id of the business account to which the number, and its templates, belong (Meta: the WABA).
  business_id   text        check (length(business_id) between 1 and 200),
  -- Sends a second (Meta: 80; 20 for a number that is also in the app); and to one person one in so long, of which so
  -- many may be borrowed from the future.
  send_rate_per_s  integer  not null default 80 check (send_rate_per_s between 1 and 10000),
  pair_interval_ms integer  not null default 6000 check (pair_interval_ms between 1 and 3600000),
  pair_burst       integer  not null default 45 check (pair_burst between 1 and 1000),
  created_at    timestamptz not null default now(),
  primary key (shard, id),
  unique (provider, external_id),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade
);
comment on table public.whatsapp_accounts is 'One number or device at one provider.';
create index whatsapp_accounts_tenant on public.whatsapp_accounts (shard, tenant_id);
create index whatsapp_accounts_business on public.whatsapp_accounts (provider, business_id) where business_id is not null;

-- What opens the provider's API, encrypted with AES-256-GCM under the master key `key_id`; the account's id is
-- authenticated with it. Apart from the account, so that no column list stands between members and the secret.
create table app.whatsapp_account_credentials (
  shard      smallint    not null default 0,
  account_id uuid        not null,
  key_id     text        not null,
  ciphertext text        not null,
  updated_at timestamptz not null default now(),
  primary key (shard, account_id),
  foreign key (shard, account_id) references public.whatsapp_accounts (shard, id) on delete cascade
);
comment on table app.whatsapp_account_credentials is 'Encrypted provider credentials of an account.';

alter table public.whatsapp_accounts enable row level security;
create policy "members see their accounts" on public.whatsapp_accounts
  for select to authenticated using (tenant_id in (select app.member_tenant_ids()));
grant select on public.whatsapp_accounts to authenticated;
grant select, insert, update, delete on public.whatsapp_accounts to service_role;

alter table app.whatsapp_account_credentials enable row level security;
grant select, insert, update, delete on app.whatsapp_account_credentials to service_role;
