-- Who may use the HTTP API besides signed-in members: keys of a tenant, and how much each caller has used.

-- A key is `sbk_<prefix>_<secret>`, shown once. The prefix finds the row; of the secret only its SHA-256 is here. A plain hash
-- is right because the secret is 256 random bits: nobody can guess it, so there is nothing that a slow hash (for
-- passwords, which people choose) would slow down. The prefix is unique over all shards, because a request names no
-- tenant; on a distributed Postgres this is a reference table.
create table app.api_keys (
  shard              smallint    not null default 0,
  id                 uuid        not null default gen_random_uuid(),
  tenant_id          uuid        not null,
  name               text        not null check (length(name) between 1 and 100),
  prefix             text        not null unique check (prefix ~ '^[a-z0-9]{8,16}$'),
  hash               bytea       not null check (length(hash) = 32),
  scopes             text[]      not null
                     check (scopes <@ array['messages:read', 'messages:write', 'conversations:read', 'conversations:write', 'templates:read', 'media:write']
                            and scopes <> '{}'),
  rate_limit_per_min integer     not null default 600 check (rate_limit_per_min between 1 and 60000),
  created_at         timestamptz not null,
  last_used_at       timestamptz,
  expires_at         timestamptz check (expires_at > created_at),
  revoked_at         timestamptz,
  primary key (shard, id),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade
) with (fillfactor = 70);
comment on table app.api_keys is 'Keys of a tenant for the HTTP API; the secrets are not here, only their hashes.';
create index api_keys_tenant on app.api_keys (shard, tenant_id);

-- A bucket for each caller, as the generic cell rate algorithm keeps it: one time, at which the bucket is full again.
create table app.api_callers (
  shard     smallint    not null default 0,
  tenant_id uuid        not null,
  -- 'key:<uuid>' or 'user:<uuid>'.
  caller    text        not null,
  full_at   timestamptz not null,
  primary key (shard, tenant_id, caller),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade
) with (fillfactor = 50);
comment on table app.api_callers is 'How much of its rate limit each caller of the HTTP API has used.';

-- The newest of a tenant first. `created_at` never changes, so the updates on the way of a message stay HOT.
create index outbound_message_of_tenant on app.outbound_message (shard, tenant_id, created_at, id);

alter table app.api_keys enable row level security;
alter table app.api_callers enable row level security;
grant select, insert, update, delete on app.api_keys, app.api_callers to service_role;
