-- What the service registry knows, shared by every process: services, their running copies, and the state of each
-- copy's circuit breaker. Not a tenant's, so without a shard.

create table app.services (
  name         text        primary key check (name ~ '^[a-z][a-z0-9:_-]{0,99}$'),
  kind         text        not null check (kind in ('standard', 'agent')),
  timeout_ms   integer     not null check (timeout_ms between 1 and 600000),
  max_attempts smallint    not null check (max_attempts between 1 and 10),
  updated_at   timestamptz not null
);
comment on table app.services is 'Something callable behind the registry, such as an agent.';

create table app.service_endpoints (
  service            text        not null references app.services (name) on delete cascade,
  url                text        not null check (url ~ '^https?://'),
  health             text        not null default 'unknown' check (health in ('unknown', 'healthy', 'unhealthy')),
  breaker            text        not null default 'closed' check (breaker in ('closed', 'open', 'half_open')),
  breaker_changed_at timestamptz not null,
  last_error         text,
  registered_at      timestamptz not null,
  heartbeat_at       timestamptz not null,
  primary key (service, url)
);
comment on table app.service_endpoints is 'One running copy of a service, its health and its breaker.';

alter table app.services enable row level security;
alter table app.service_endpoints enable row level security;
grant select, insert, update, delete on app.services, app.service_endpoints to service_role;
