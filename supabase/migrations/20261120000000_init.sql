-- The initial schema. Generated from supabase/schemas by `npm run db:build`: edit there.

-- 00_foundation/00_schema.sql
-- The private schema of the engine. It is never exposed through the API: workers reach it over Postgres as `service_role`.

-- A hosted project has these roles; plain Postgres does not. The service role passes by row level security, which only
-- somebody who may do so can grant.
do $$
declare
  v_role text;
begin
  foreach v_role in array array['anon', 'authenticated', 'service_role'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = v_role) then
      execute format('create role %I nologin noinherit %s', v_role, (
        select 'bypassrls' from pg_catalog.pg_roles where rolname = current_user and rolbypassrls and v_role = 'service_role'));
    end if;
  end loop;
end;
$$;

-- Projects made before 30 October 2026 give these roles everything in `public` by default. Here every grant is written
-- beside the table or function that it opens.
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke all on functions from anon, authenticated, service_role;

create schema if not exists app;
comment on schema app is 'Switchboard''s engine: tables and functions for the service role only.';
revoke all on schema app from public;
grant usage on schema app to service_role;

-- The numbers that fence leases. One sequence for all, so that a later lease always has the greater token.
create sequence app.fencing_token as bigint;
grant usage on sequence app.fencing_token to service_role;

-- 00_foundation/backoff.sql
-- How long to wait before try number p_tries + 1: p_base doubled with every try, capped, with a jitter of a quarter
-- either way so that what failed together does not come back together.
-- Called by: schedule_message_retry.
create function app.backoff (
  p_tries integer,
  p_base  interval default '1 second',
  p_cap   interval default '5 minutes'
)
  returns interval
  language sql
  volatile
  set search_path = ''
as $$
  select least(p_base * power(2, least(greatest(p_tries, 1) - 1, 20)), p_cap) * (0.75 + random() / 2);
$$;

revoke execute on function app.backoff from public;
grant execute on function app.backoff to service_role;

-- 00_foundation/now.sql
-- The one clock of the engine. Tests move it with `set app.fake_now = '...'`; nothing else does.
-- Called by: every function that needs the time, once.
create function app.now ()
  returns timestamptz
  language plpgsql
  volatile
  set search_path = ''
as $$
begin
  return coalesce(nullif(current_setting('app.fake_now', true), '')::timestamptz, clock_timestamp());
end;
$$;

revoke execute on function app.now from public;
grant execute on function app.now to service_role;

-- 00_foundation/user_id.sql
-- The signed-in user out of the request's JWT, or null. Reads the claim itself, so that it works on plain Postgres too.
-- Called by: member_tenant_ids.
create function app.user_id ()
  returns uuid
  language sql
  stable
  set search_path = ''
as $$
  select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid;
$$;

revoke execute on function app.user_id from public;
grant execute on function app.user_id to authenticated, service_role;

-- 10_tenancy/10_tenants.sql
-- Tenants and who belongs to them. Small and read by everything: on a distributed Postgres these are reference tables,
-- so their own keys need no shard; (shard, id) is unique for the tables that point here.

create table public.tenants (
  shard                   smallint    not null default 0,
  id                      uuid        not null default gen_random_uuid(),
  slug                    text        not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name                    text        not null check (length(name) between 1 and 200),
  -- A burst is one turn: it is ready so long after its last message, when that looks complete or when it looks
  -- unfinished (quiet_time), but at most burst_max_wait_ms after its first, whatever is typed or processed meanwhile.
  burst_quiet_ms          integer     not null default 600 check (burst_quiet_ms between 0 and 60000),
  burst_long_quiet_ms     integer     not null default 2500 check (burst_long_quiet_ms between 0 and 60000),
  burst_max_wait_ms       integer     not null default 6000 check (burst_max_wait_ms between burst_quiet_ms and 300000),
  -- What becomes of an answer when the customer writes more before it has begun to leave: `supersede`: it is dropped, and
  -- one answer to everything takes its place; `queue`: it is sent, and what came later is answered after it.
  on_new_message          text        not null default 'supersede' check (on_new_message in ('supersede', 'queue')),
  -- How long the agent stays silent in a conversation after a person wrote from the phone.
  takeover_pause_minutes  integer     not null default 720 check (takeover_pause_minutes between 0 and 525600),
  -- What to do with a message of which nobody knows whether the provider took it, once it waited for a status in vain.
  unknown_send_policy     text        not null default 'leave' check (unknown_send_policy in ('leave', 'resend_once')),
  unknown_send_wait_s     integer     not null default 60 check (unknown_send_wait_s between 1 and 86400),
  -- Seconds before each further attempt of a send that was refused for no reason of its own; as many attempts as times, and one.
  send_retry_s            integer[]   not null default '{60,300,900,3600,21600}'
                          check (cardinality(send_retry_s) <= 20 and 1 <= all (send_retry_s) and 604800 >= all (send_retry_s)),
  -- Its part of the workers while others wait too, against everybody else's.
  weight                  integer     not null default 1 check (weight between 1 and 100),
  -- How many conversations of a queue may be in work at once; null: as many as there are workers.
  max_concurrency         integer     check (max_concurrency > 0),
  -- What decides whether, when and in which form a message leaves: configure_delivery, and "The gates" in ../README.md.
  -- Said once before the agent's first answer, in a conversation or in each of its sessions.
  ai_disclosure           text        check (length(ai_disclosure) between 1 and 300),
  ai_disclosure_per       text        not null default 'conversation' check (ai_disclosure_per in ('conversation', 'session')),
  -- Minutes of the local day, [from, to); a night goes past 1440: [1260,1920) is 21:00 to 8:00.
  quiet_hours             int4range   check (lower(quiet_hours) between 0 and 1439 and upper(quiet_hours) - lower(quiet_hours) between 1 and 1440),
  quiet_timezone          text        not null default 'UTC',
  quiet_hours_for_replies boolean     not null default false,
  -- How long an ad that led to a chat keeps the window open: Meta's own number has changed before.
  free_entry_hours        integer     not null default 168 check (free_entry_hours between 0 and 720),
  -- The template that carries a text when the window is closed, languages by preference, and what stands for which of its
  -- placeholders: {"1": "contact_name|friend", "2": "text"} (fill_window_template).
  window_template            text     check (length(window_template) between 1 and 512),
  window_template_languages  text[]   not null default '{}',
  window_template_parameters jsonb    check (jsonb_typeof(window_template_parameters) = 'object'),
  window_template_text_max   integer  not null default 600 check (window_template_text_max between 1 and 1024),
  -- Languages whose opt-out and opt-in words count; words of one's own stand in place of theirs.
  consent_languages       text[]      not null default '{en,es,pt}' check (cardinality(consent_languages) > 0 and consent_languages <@ '{en,es,pt,fr,de,it}'),
  opt_out_words           text[],
  opt_in_words            text[],
  -- What is said once to who opted out or in; null: a sentence of the language; '': nothing.
  opt_out_confirmation    text        check (length(opt_out_confirmation) <= 1000),
  opt_in_confirmation     text        check (length(opt_in_confirmation) <= 1000),
  -- Marketing templates only to who has asked for them.
  marketing_needs_opt_in  boolean     not null default false,
  created_at              timestamptz not null default now(),
  primary key (id),
  unique (shard, id)
);
comment on table public.tenants is 'A customer of this platform.';

create table public.tenant_members (
  tenant_id  uuid        not null references public.tenants (id) on delete cascade,
  user_id    uuid        not null,
  role       text        not null default 'agent' check (role in ('owner', 'admin', 'agent', 'viewer')),
  created_at timestamptz not null default now(),
  primary key (user_id, tenant_id)
);
comment on table public.tenant_members is 'Which signed-in users see which tenant.';
create index tenant_members_tenant on public.tenant_members (tenant_id);

-- The tenants of the signed-in user. Security definer because the policy on tenant_members asks it too.
-- Called by: every policy. On a distributed Postgres it would read claims instead.
create function app.member_tenant_ids ()
  returns setof uuid
  language sql
  stable
  security definer
  set search_path = ''
as $$
  select tenant_id from public.tenant_members where user_id = app.user_id();
$$;

revoke execute on function app.member_tenant_ids from public;
grant execute on function app.member_tenant_ids to authenticated, service_role;

alter table public.tenants enable row level security;
create policy "members see their tenants" on public.tenants
  for select to authenticated using (id in (select app.member_tenant_ids()));
grant select on public.tenants to authenticated;
grant select, insert, update, delete on public.tenants to service_role;

alter table public.tenant_members enable row level security;
create policy "members see who else is there" on public.tenant_members
  for select to authenticated using (tenant_id in (select app.member_tenant_ids()));
grant select on public.tenant_members to authenticated;
grant select, insert, update, delete on public.tenant_members to service_role;

-- 10_tenancy/20_whatsapp_accounts.sql
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

-- 10_tenancy/configure_tenant.sql
-- Changes settings of a tenant; a null leaves a setting as it is, a p_max_concurrency of 0 takes the cap away. The table's checks refuse nonsense (23514).
-- Idempotent. Raises SB404 when there is no such tenant. Called by: the demo seed, tests.
create function app.configure_tenant (
  p_shard                  smallint,
  p_tenant_id              uuid,
  p_burst_quiet_ms         integer default null,
  p_burst_max_wait_ms      integer default null,
  p_takeover_pause_minutes integer default null,
  p_unknown_send_policy    text    default null,
  p_unknown_send_wait_s    integer default null,
  p_weight                 integer default null,
  p_max_concurrency        integer default null,
  p_burst_long_quiet_ms    integer default null,
  p_on_new_message         text    default null
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  update public.tenants t
     set burst_quiet_ms         = coalesce(p_burst_quiet_ms, t.burst_quiet_ms),
         burst_long_quiet_ms    = coalesce(p_burst_long_quiet_ms, t.burst_long_quiet_ms),
         burst_max_wait_ms      = coalesce(p_burst_max_wait_ms, t.burst_max_wait_ms),
         on_new_message         = coalesce(p_on_new_message, t.on_new_message),
         takeover_pause_minutes = coalesce(p_takeover_pause_minutes, t.takeover_pause_minutes),
         unknown_send_policy    = coalesce(p_unknown_send_policy, t.unknown_send_policy),
         unknown_send_wait_s    = coalesce(p_unknown_send_wait_s, t.unknown_send_wait_s),
         weight                 = coalesce(p_weight, t.weight),
         max_concurrency        = nullif(coalesce(p_max_concurrency, t.max_concurrency), 0)
   where t.shard = p_shard and t.id = p_tenant_id;
  if not found then
    raise exception sqlstate 'SB404' using message = format('there is no tenant %s in shard %s', p_tenant_id, p_shard);
  end if;
end;
$$;

revoke execute on function app.configure_tenant from public;
grant execute on function app.configure_tenant to service_role;

-- 10_tenancy/find_tenant.sql
-- The tenant of a slug, and its shard; no row when there is none. Called by: scripts/create-api-key.
create function app.find_tenant (
  p_slug text
)
  returns table (shard smallint, tenant_id uuid)
  language sql
  stable
  set search_path = ''
as $$
  select t.shard, t.id from public.tenants t where t.slug = p_slug;
$$;

revoke execute on function app.find_tenant from public;
grant execute on function app.find_tenant to service_role;

-- 10_tenancy/get_account.sql
-- An account with its encrypted credentials (null when it has none), for the worker that sends through it.
-- No row when there is no such account. Called by: the handlers, which keep the answer for a minute.
create function app.get_account (
  p_shard      smallint,
  p_account_id uuid
)
  returns table (provider text, external_id text, status text, key_id text, ciphertext text)
  language sql
  stable
  set search_path = ''
as $$
  select a.provider, a.external_id, a.status, c.key_id, c.ciphertext
    from public.whatsapp_accounts a
    left join app.whatsapp_account_credentials c on c.shard = a.shard and c.account_id = a.id
   where a.shard = p_shard and a.id = p_account_id;
$$;

revoke execute on function app.get_account from public;
grant execute on function app.get_account to service_role;

-- 10_tenancy/list_accounts.sql
-- The accounts of a shard, oldest first, with the name of the master key under which their credentials are encrypted
-- (null when there are none). No secret is among the columns: get_account gives it for one account.
-- Called by: scripts/rotate-master-key.
create function app.list_accounts (
  p_shard smallint
)
  returns table (id uuid, tenant_id uuid, provider text, external_id text, status text, key_id text)
  language sql
  stable
  set search_path = ''
as $$
  select a.id, a.tenant_id, a.provider, a.external_id, a.status, c.key_id
    from public.whatsapp_accounts a
    left join app.whatsapp_account_credentials c on c.shard = a.shard and c.account_id = a.id
   where a.shard = p_shard
   order by a.created_at, a.id;
$$;

revoke execute on function app.list_accounts from public;
grant execute on function app.list_accounts to service_role;

-- 10_tenancy/set_account_credentials.sql
-- Stores an account's encrypted credentials in place of the earlier ones. What is encrypted never comes here in clear.
-- A channel that was stopped, because the old ones were refused, goes on with the new ones (resume_account_sending).
-- Idempotent. Called by: scripts/add-account, the demo seed.
create function app.set_account_credentials (
  p_shard      smallint,
  p_account_id uuid,
  p_key_id     text,
  p_ciphertext text
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  insert into app.whatsapp_account_credentials (shard, account_id, key_id, ciphertext, updated_at)
  values (p_shard, p_account_id, p_key_id, p_ciphertext, app.now())
  on conflict (shard, account_id) do update
    set key_id = excluded.key_id, ciphertext = excluded.ciphertext, updated_at = excluded.updated_at;

  perform app.resume_account_sending(s.shard, s.tenant_id, s.account_id)
     from app.account_send_state s
    where s.shard = p_shard and s.account_id = p_account_id and s.state = 'stopped';
end;
$$;

revoke execute on function app.set_account_credentials from public;
grant execute on function app.set_account_credentials to service_role;

-- 10_tenancy/upsert_tenant.sql
-- Creates a tenant or renames it. A tenant's shard is fixed when it is created.
-- Idempotent by slug. Called by: scripts/add-account, the demo seed.
create function app.upsert_tenant (
  p_shard smallint,
  p_slug  text,
  p_name  text
)
  returns uuid
  language sql
  set search_path = ''
as $$
  insert into public.tenants (shard, slug, name)
  values (p_shard, p_slug, p_name)
  on conflict (slug) do update set name = excluded.name
  returning id;
$$;

revoke execute on function app.upsert_tenant from public;
grant execute on function app.upsert_tenant to service_role;

-- 10_tenancy/upsert_whatsapp_account.sql
-- Creates an account or updates its names and agent. A number belongs to one tenant: taking one that another tenant
-- has raises SB409.
-- Idempotent by (provider, external_id). Called by: scripts/add-account, the demo seed.
create function app.upsert_whatsapp_account (
  p_shard         smallint,
  p_tenant_id     uuid,
  p_provider      text,
  p_external_id   text,
  p_display_phone text,
  p_name          text,
  p_agent         text
)
  returns uuid
  language plpgsql
  set search_path = ''
as $$
declare
  v_id uuid;
begin
  insert into public.whatsapp_accounts as a (shard, tenant_id, provider, external_id, display_phone, name, agent)
  values (p_shard, p_tenant_id, p_provider, p_external_id, p_display_phone, p_name, p_agent)
  on conflict (provider, external_id) do update
    set display_phone = excluded.display_phone, name = excluded.name, agent = excluded.agent
    where a.shard = excluded.shard and a.tenant_id = excluded.tenant_id
  returning a.id into v_id;

  if v_id is null then
    raise exception sqlstate 'SB409'
      using message = format('the %s account %s belongs to another tenant; remove it there first', p_provider, p_external_id);
  end if;
  return v_id;
end;
$$;

revoke execute on function app.upsert_whatsapp_account from public;
grant execute on function app.upsert_whatsapp_account to service_role;

-- 20_people/10_contacts.sql
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

-- 20_people/lock_identities.sql
-- Serialises everything that is about to touch the persons behind p_identities, until the transaction ends.
-- p_identities: [{"kind": "phone", "value": "15551234567"}, ...] of any number of persons.
-- Locks: one advisory lock an identity, in ascending order, which is for persons not known yet; then the contacts that
-- the identities lead to, in ascending order, because two events can know one person by different identities. Always the
-- first locks that a transaction takes in a shard.
-- Called by: ingest_shard_events.
create function app.lock_identities (
  p_shard     smallint,
  p_tenant_id uuid,
  p_identities jsonb
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_key bigint;
begin
  for v_key in
    select distinct hashtextextended(format('%s:%s:%s:%s', p_shard, p_tenant_id, i ->> 'kind', i ->> 'value'), 0) as key
      from jsonb_array_elements(p_identities) as i
     where i ->> 'kind' <> 'username'
     order by key
  loop
    perform pg_advisory_xact_lock(v_key);
  end loop;

  -- One look into the index for each identity, whatever the planner thinks of the table: it takes jsonb_array_elements for
  -- 100 rows, and would read the whole table in every call until that has tens of thousands of rows. Hence `offset 0`.
  perform from public.contacts c
    where c.shard = p_shard and c.id = any (array(
      select found.contact_id
        from jsonb_array_elements(p_identities) as i
        cross join lateral (
          select ci.contact_id
            from public.contact_identities ci
           where ci.shard = p_shard and ci.tenant_id = p_tenant_id and ci.kind = i ->> 'kind' and ci.value = i ->> 'value'
          offset 0
        ) as found
       where i ->> 'kind' <> 'username'))
    order by c.id
      for no key update;
end;
$$;

revoke execute on function app.lock_identities from public;
grant execute on function app.lock_identities to service_role;

-- 20_people/merge_contacts.sql
-- Makes p_others part of p_into: their identities and their conversations move. Where p_into already talks on the same
-- account, the other conversation is marked as merged: its own lane runs empty (its answers still reach the person), and
-- the next message goes to the conversation that stays.
-- Locks: contacts, then conversations of p_others. Called by: resolve_contact, under its advisory locks.
create function app.merge_contacts (
  p_shard  smallint,
  p_into   uuid,
  p_others uuid[]
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  update public.contacts
     set merged_into = p_into, updated_at = app.now()
   where shard = p_shard and id = any (p_others);

  update public.contact_identities
     set contact_id = p_into
   where shard = p_shard and contact_id = any (p_others);

  update public.conversations other
     set merged_into = kept.id, contact_id = p_into
    from public.conversations kept
   where other.shard = p_shard and other.contact_id = any (p_others) and other.merged_into is null
     and kept.shard = p_shard and kept.contact_id = p_into and kept.account_id = other.account_id
     and kept.merged_into is null;

  -- Of several conversations on one account that p_into does not have, the oldest moves and the rest merge into it.
  with ranked as (
    select c.id, first_value(c.id) over (partition by c.account_id order by c.created_at, c.id) as first_id
      from public.conversations c
     where c.shard = p_shard and c.contact_id = any (p_others) and c.merged_into is null
  )
  update public.conversations c
     set contact_id  = p_into,
         merged_into = case when r.id = r.first_id then null else r.first_id end
    from ranked r
   where c.shard = p_shard and c.id = r.id;

  -- Those that were merged earlier.
  update public.conversations
     set contact_id = p_into
   where shard = p_shard and contact_id = any (p_others);
end;
$$;

revoke execute on function app.merge_contacts from public;
grant execute on function app.merge_contacts to service_role;

-- 20_people/resolve_contact.sql
-- The contact behind the identities of one event: found by any of them, created when none is known. When they lead
-- to several contacts, those are one person: the oldest stays and takes the others over. A username never identifies,
-- because it can pass to somebody else; it is noted with whoever has it now.
-- p_identities: [{"kind": "phone", "value": "..."}, ...], not empty but for usernames. p_name: null when unknown.
-- Idempotent. Locks: relies on lock_identities for these identities and their contacts; then conversations.
-- Raises SB400 when no identity identifies. Called by: ingest_message.
create function app.resolve_contact (
  p_shard      smallint,
  p_tenant_id  uuid,
  p_identities jsonb,
  p_name       text
)
  returns uuid
  language plpgsql
  set search_path = ''
as $$
declare
  v_now      timestamptz := app.now();
  v_contacts uuid[];
  v_contact  uuid;
begin
  if not exists (select from jsonb_array_elements(p_identities) as i where i ->> 'kind' <> 'username') then
    raise exception sqlstate 'SB400' using message = 'an event names no phone, BSUID or LID, so its person cannot be known';
  end if;

  select array_agg(c.id order by c.created_at, c.id)
    into v_contacts
    from public.contacts c
   where c.shard = p_shard and c.id = any (array( -- as in lock_identities
      select found.contact_id
        from jsonb_array_elements(p_identities) as i
        cross join lateral (
          select ci.contact_id
            from public.contact_identities ci
           where ci.shard = p_shard and ci.tenant_id = p_tenant_id and ci.kind = i ->> 'kind' and ci.value = i ->> 'value'
          offset 0
        ) as found
       where i ->> 'kind' <> 'username'));

  v_contact := v_contacts[1];
  if v_contact is null then
    insert into public.contacts (shard, tenant_id, name, created_at, updated_at)
    values (p_shard, p_tenant_id, p_name, v_now, v_now)
    returning id into v_contact;
  elsif p_name is not null then
    update public.contacts
       set name = p_name, updated_at = v_now
     where shard = p_shard and id = v_contact and name is distinct from p_name;
  end if;

  if cardinality(v_contacts) > 1 then
    perform app.merge_contacts(p_shard, v_contact, v_contacts[2:]);
  end if;

  insert into public.contact_identities as ci (shard, tenant_id, kind, value, contact_id, created_at)
  select distinct p_shard, p_tenant_id, i ->> 'kind', i ->> 'value', v_contact, v_now
    from jsonb_array_elements(p_identities) as i
   -- What is known already is left alone: `on conflict` would lock its row, which is a write for every message.
   where (select known.contact_id
            from public.contact_identities known
           where known.shard = p_shard and known.tenant_id = p_tenant_id and known.kind = i ->> 'kind' and known.value = i ->> 'value')
         is distinct from v_contact
  on conflict (shard, tenant_id, kind, value) do update
    set contact_id = excluded.contact_id
    where ci.contact_id <> excluded.contact_id;

  return v_contact;
end;
$$;

revoke execute on function app.resolve_contact from public;
grant execute on function app.resolve_contact to service_role;

-- 30_conversations/10_conversations.sql
-- A contact on an account: the unit of order. Every message of a conversation has a position, counted under the row's
-- lock and so without gaps; the conversation's id is also the id of its lanes in the queues.

create table public.conversations (
  shard                    smallint    not null default 0,
  id                       uuid        not null default gen_random_uuid(),
  tenant_id                uuid        not null,
  account_id               uuid        not null,
  contact_id               uuid        not null,
  last_position            bigint      not null default 0,
  last_message_at          timestamptz,
  -- Start of WhatsApp's 24-hour window for free text.
  last_customer_message_at timestamptz,
  -- Until when an ad that led here keeps that window open, whatever the customer writes.
  free_entry_until         timestamptz,
  -- The agent stays silent until then: a person has taken over.
  agent_paused_until       timestamptz,
  -- When the customer, or the agent for the customer, asked for a person.
  person_requested_at      timestamptz,
  person_request_reason    text,
  merged_into              uuid,
  created_at               timestamptz not null default now(),
  primary key (shard, id),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade,
  foreign key (shard, account_id) references public.whatsapp_accounts (shard, id) on delete cascade,
  foreign key (shard, contact_id) references public.contacts (shard, id) on delete cascade,
  foreign key (shard, merged_into) references public.conversations (shard, id),
  check (merged_into <> id)
) with (fillfactor = 70);
comment on table public.conversations is 'A contact on an account: one lane, one order.';
create unique index conversations_lane on public.conversations (shard, account_id, contact_id) where merged_into is null;
create index conversations_tenant on public.conversations (shard, tenant_id);
create index conversations_contact on public.conversations (shard, contact_id);
create index conversations_merged_into on public.conversations (shard, merged_into) where merged_into is not null;

alter table public.conversations enable row level security;
create policy "members see their conversations" on public.conversations
  for select to authenticated using (tenant_id in (select app.member_tenant_ids()));
grant select on public.conversations to authenticated;
grant select, insert, update, delete on public.conversations to service_role;

-- 30_conversations/20_messages.sql
-- What was said, by whom, and how far it came. The whole of a conversation, in the order of `position`.

create table public.messages (
  shard               smallint    not null default 0,
  id                  uuid        not null default gen_random_uuid(),
  tenant_id           uuid        not null,
  account_id          uuid        not null,
  conversation_id     uuid        not null,
  position            bigint      not null check (position > 0),
  direction           text        not null check (direction in ('in', 'out')),
  author              text        not null check (author in ('customer', 'agent', 'person', 'system')),
  -- Null only while an outgoing message has not been accepted.
  provider_message_id text,
  -- text, image, button, reaction, edit, revoke, system ... as Meta names them.
  type                text        not null check (length(type) between 1 and 60),
  body                text        not null default '',
  content             jsonb       not null default '{}',
  -- The provider's id of the message that this one answers, reacts to, edits or revokes.
  reply_to            text,
  -- Outgoing only; the same words as outbound_message.status.
  status              text        check (status in ('QUEUED', 'SENDING', 'SENT', 'DELIVERED', 'READ', 'PLAYED', 'FAILED', 'CANCELLED', 'UNKNOWN', 'PARKED')),
  edited_at           timestamptz,
  revoked_at          timestamptz,
  -- How far its file came: being fetched and read (its burst waits for it), ready, or not to be had. Null: nobody fetches it.
  media_state         text        check (media_state in ('pending', 'ready', 'failed')),
  -- The turn that answered it, or that it answers.
  turn_id             uuid,
  correlation_id      text        not null,
  occurred_at         timestamptz not null,
  created_at          timestamptz not null default now(),
  primary key (shard, id),
  unique (shard, conversation_id, position),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade,
  foreign key (shard, account_id) references public.whatsapp_accounts (shard, id) on delete cascade,
  foreign key (shard, conversation_id) references public.conversations (shard, id) on delete cascade,
  -- The system speaks in both directions: what WhatsApp tells about a customer, and what the business sends by itself.
  check (author = 'system' or (direction = 'in') = (author = 'customer')),
  check (direction = 'out' or (status is null and provider_message_id is not null))
) with (fillfactor = 80);
comment on table public.messages is 'Every message of a conversation, in and out.';
create unique index messages_provider_id on public.messages (shard, account_id, provider_message_id) where provider_message_id is not null;
create index messages_media_pending on public.messages (shard, conversation_id) where media_state = 'pending';
create index messages_tenant on public.messages (shard, tenant_id);

alter table public.messages enable row level security;
create policy "members see their messages" on public.messages
  for select to authenticated using (tenant_id in (select app.member_tenant_ids()));
grant select on public.messages to authenticated;
grant select, insert, update, delete on public.messages to service_role;

-- 30_conversations/30_intake.sql
-- What the doors remember besides messages: which facts they have taken in, and what they could not read. Partitions are made and
-- dropped by app.sweep_history; a day without one is in the default partition.

-- One row for every fact of an account: the unique key that makes a second delivery a duplicate. In a partition for each
-- day (UTC) on which facts happened, by the provider's clock: a copy names the same time as the first one, so it meets it there,
-- and a unique key within each day is enough. Partitions are dropped 30 days after their day (app.retention); Meta
-- repeats itself for 7. Whoever is later than that, or names another time, still changes nothing: messages, reactions,
-- edits, revocations, echoes and system messages are kept from coming twice by messages_provider_id, for ever, and a
-- status moves a message forward only.
create table app.processed_messages (
  shard        smallint    not null default 0,
  account_id   uuid        not null,
  key          text        not null check (length(key) between 1 and 500),
  occurred_on  date        not null,
  processed_at timestamptz not null default now(),
  primary key (shard, account_id, key, occurred_on),
  foreign key (shard, account_id) references public.whatsapp_accounts (shard, id) on delete cascade
) partition by range (occurred_on);
comment on table app.processed_messages is 'Facts already ingested, by the day on which they happened; a second delivery is a duplicate.';
create table app.processed_messages_default partition of app.processed_messages default;

-- Items kept as they came: kinds that only people look at, kinds that this version does not know, accounts that are
-- not ours, and items that could not be ingested (with the error). By the day on which they happened, as above; what
-- names no readable time is in the default partition. An item whose time is the time of its arrival, because it came without
-- any, is kept once for each day on which it is delivered.
create table app.webhook_events (
  shard          smallint    not null default 0,
  key            text        not null check (length(key) between 1 and 500),
  occurred_on    date        not null,
  tenant_id      uuid,
  account_id     uuid,
  provider       text        not null,
  external_id    text,
  kind           text        not null,
  reason         text        not null,
  payload        jsonb       not null,
  error          jsonb,
  correlation_id text        not null,
  received_at    timestamptz not null default now(),
  primary key (shard, key, occurred_on)
) partition by range (occurred_on);
comment on table app.webhook_events is 'Webhook items kept raw: notices, unknown kinds, unknown accounts, poisonous items.';
create table app.webhook_events_default partition of app.webhook_events default;

-- A status that came before we know its message; taken up when the message is accepted.
create table app.orphan_statuses (
  shard               smallint    not null default 0,
  account_id          uuid        not null,
  provider_message_id text        not null,
  status              text        not null,
  occurred_at         timestamptz not null,
  error               jsonb,
  received_at         timestamptz not null default now(),
  primary key (shard, account_id, provider_message_id, status),
  foreign key (shard, account_id) references public.whatsapp_accounts (shard, id) on delete cascade
);
comment on table app.orphan_statuses is 'Statuses that came before the message that they speak of was known.';
create index orphan_statuses_received on app.orphan_statuses (shard, received_at);

alter table app.processed_messages enable row level security;
alter table app.processed_messages_default enable row level security;
alter table app.webhook_events enable row level security;
alter table app.webhook_events_default enable row level security;
alter table app.orphan_statuses enable row level security;
grant select, insert, update, delete on app.processed_messages, app.webhook_events, app.orphan_statuses to service_role;

-- 30_conversations/40_memory.sql
-- What agents remember of a conversation, and the workflows that outlive a turn.

create table app.ai_conversation_memory (
  shard              smallint    not null default 0,
  conversation_id    uuid        not null,
  tenant_id          uuid        not null,
  session_id         uuid        not null default gen_random_uuid(),
  session_started_at timestamptz not null,
  last_activity_at   timestamptz not null,
  -- [{"role": "user" | "assistant" | "person", "text": "...", "at": "...", "turn": "..."}], oldest first, at most 20.
  messages           jsonb       not null default '[]' check (jsonb_typeof(messages) = 'array' and jsonb_array_length(messages) <= 20),
  primary key (shard, conversation_id),
  foreign key (shard, conversation_id) references public.conversations (shard, id) on delete cascade,
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade
);
comment on table app.ai_conversation_memory is 'The last 20 messages of a conversation''s session; a session ends after 30 idle minutes.';
create index ai_conversation_memory_tenant on app.ai_conversation_memory (shard, tenant_id);

create table app.workflow_states (
  shard           smallint    not null default 0,
  id              uuid        not null default gen_random_uuid(),
  tenant_id       uuid        not null,
  conversation_id uuid        not null,
  workflow        text        not null,
  step            text        not null,
  status          text        not null check (status in ('running', 'waiting', 'completed', 'failed', 'timed_out', 'cancelled')),
  state           jsonb       not null default '{}',
  error           jsonb,
  -- How many steps were committed: whoever writes the next one names it, so that nobody writes over what they do not know.
  version         integer     not null default 1 check (version > 0),
  -- Waiting ends then; null: it waits for the customer without a limit.
  expires_at      timestamptz,
  -- The customer is reminded then, once.
  remind_at       timestamptz,
  -- Its timer (set_workflow_timer): when it rings, and the key of the queue message that does. Null: nothing is to ring.
  wake_at         timestamptz,
  timer_key       text,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  finished_at     timestamptz,
  primary key (shard, id),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade,
  foreign key (shard, conversation_id) references public.conversations (shard, id) on delete cascade,
  check ((finished_at is not null) = (status in ('completed', 'failed', 'timed_out', 'cancelled'))),
  check ((error is not null) = (status = 'failed')),
  check (finished_at is null or wake_at is null)
);
comment on table app.workflow_states is 'Multi-step workflows: one row for each running or finished one.';
create unique index workflow_states_one_open on app.workflow_states (shard, conversation_id, workflow) where finished_at is null;
create index workflow_states_conversation on app.workflow_states (shard, conversation_id);
create index workflow_states_tenant on app.workflow_states (shard, tenant_id);
create index workflow_states_wake on app.workflow_states (shard, wake_at) where wake_at is not null;
create index workflow_states_finished on app.workflow_states (shard, finished_at) where finished_at is not null;

-- What a workflow was after each of its steps: what people look at, and where an answer that is taken back returns to.
create table app.workflow_steps (
  shard       smallint    not null default 0,
  workflow_id uuid        not null,
  version     integer     not null check (version > 0),
  tenant_id   uuid        not null,
  step        text        not null,
  status      text        not null,
  state       jsonb       not null,
  error       jsonb,
  expires_at  timestamptz,
  remind_at   timestamptz,
  -- The turn whose answer it was committed with; null: a person's doing.
  turn_id     uuid,
  at          timestamptz not null,
  primary key (shard, workflow_id, version),
  foreign key (shard, workflow_id) references app.workflow_states (shard, id) on delete cascade,
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade
);
comment on table app.workflow_steps is 'Each committed step of each workflow.';
create index workflow_steps_turn on app.workflow_steps (shard, turn_id) where turn_id is not null;
create index workflow_steps_tenant on app.workflow_steps (shard, tenant_id);

alter table app.ai_conversation_memory enable row level security;
alter table app.workflow_states enable row level security;
alter table app.workflow_steps enable row level security;
grant select, insert, update, delete on app.ai_conversation_memory, app.workflow_states, app.workflow_steps to service_role;

-- 30_conversations/advance_conversation.sql
-- The conversation of a contact on an account with its position moved on by one, created when it is new.
-- p_kind: the event's kind; only what the customer wrote opens WhatsApp's 24-hour window.
-- p_pause_until: the agent stays silent until then (never shortens a pause); null leaves the pause as it is.
-- p_occurred_at: when it was written by the provider's clock: a delivery that comes hours late opens no longer window.
-- p_free_entry_until: until when an ad keeps the window open; null leaves it as it is.
-- Locks: the conversation, until the transaction ends. Called by: ingest_message.
create function app.advance_conversation (
  p_shard       smallint,
  p_tenant_id   uuid,
  p_account_id  uuid,
  p_contact_id  uuid,
  p_kind        text,
  p_pause_until timestamptz,
  p_occurred_at      timestamptz default null,
  p_free_entry_until timestamptz default null
)
  returns public.conversations
  language plpgsql
  set search_path = ''
as $$
declare
  v_now          timestamptz := app.now();
  v_conversation public.conversations;
begin
  insert into public.conversations as c
    (shard, tenant_id, account_id, contact_id, last_position, last_message_at, last_customer_message_at, agent_paused_until, free_entry_until, created_at)
  values (p_shard, p_tenant_id, p_account_id, p_contact_id, 1, v_now,
          case when p_kind in ('message', 'reaction') then least(p_occurred_at, v_now) end, p_pause_until, p_free_entry_until, v_now)
  on conflict (shard, account_id, contact_id) where merged_into is null do update
    set last_position            = c.last_position + 1,
        last_message_at          = excluded.last_message_at,
        last_customer_message_at = greatest(excluded.last_customer_message_at, c.last_customer_message_at),
        free_entry_until         = greatest(excluded.free_entry_until, c.free_entry_until),
        agent_paused_until       = greatest(excluded.agent_paused_until, c.agent_paused_until)
  returning c.* into v_conversation;
  return v_conversation;
end;
$$;

revoke execute on function app.advance_conversation from public;
grant execute on function app.advance_conversation to service_role;

-- 30_conversations/event_day.sql
-- The day (UTC) on which an event happened; -infinity when it names no time that can be read.
-- Called by: keep_raw_event, which keeps what nobody else can read.
create function app.event_day (p_event jsonb)
  returns date
  language plpgsql
  stable
  set search_path = ''
as $$
begin
  return coalesce((p_event ->> 'occurred_at')::timestamptz at time zone 'UTC', '-infinity');
exception when data_exception then
  return '-infinity';
end;
$$;

revoke execute on function app.event_day from public;
grant execute on function app.event_day to service_role;

-- 30_conversations/ingest_batch.sql
-- Takes in a list of events one by one: first the messages, wishes and signs of typing in their order, then the statuses in the order of the
-- messages they speak of and of their keys (so that two batches lock them in the same order), then the rest.
-- p_isolate: a savepoint around every item; an item that fails is kept raw with its error and counted as failed.
-- Returns {stored, duplicates, raw, failed, queued}. Called by: ingest_shard_events.
create function app.ingest_batch (
  p_shard    smallint,
  p_provider text,
  p_events   jsonb,
  p_isolate  boolean
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_event  jsonb;
  v_result text;
  v_counts jsonb := '{"stored": 0, "duplicates": 0, "raw": 0, "failed": 0, "queued": 0}';
begin
  for v_event in
    select e.event
      from jsonb_array_elements(p_events) with ordinality as e (event, ordinal)
     order by case when e.event ->> 'kind' = 'status' then 1 when e.event ? 'message' or e.event ->> 'kind' in ('typing', 'preference') then 0 else 2 end,
              case when e.event ->> 'kind' = 'status' then e.event ->> 'message_id' end,
              case when e.event ->> 'kind' = 'status' then e.event ->> 'key' end,
              e.ordinal
  loop
    if p_isolate then
      begin
        v_result := app.ingest_event(p_shard, p_provider, v_event);
      exception when others then
        if app.is_server_trouble(sqlstate) then
          raise;
        end if;
        v_result := app.keep_raw_event(p_shard, p_provider, v_event, 'could not be ingested',
          jsonb_build_object('code', sqlstate, 'message', sqlerrm));
        v_result := case v_result when 'raw' then 'failed' else v_result end;
      end;
    else
      v_result := app.ingest_event(p_shard, p_provider, v_event);
    end if;
    continue when v_result = 'noted';
    if v_result = 'queued' then
      v_counts := jsonb_set(v_counts, '{stored}', to_jsonb((v_counts ->> 'stored')::integer + 1));
    end if;
    v_counts := jsonb_set(v_counts, array[v_result], to_jsonb((v_counts ->> v_result)::integer + 1));
  end loop;
  return v_counts;
end;
$$;

revoke execute on function app.ingest_batch from public;
grant execute on function app.ingest_batch to service_role;

-- 30_conversations/ingest_event.sql
-- Takes in one event, by its kind: messages and what belongs to them, statuses, and the rest, which is kept raw. News of a person's
-- wishes and of templates are kept raw too, and applied the first time.
-- Returns 'queued' (stored, and there is work to do), 'stored', 'duplicates', 'raw', or 'noted' for a sign of typing, which
-- leaves no trace. Idempotent by (account, key, day on which it happened), and beyond that day by what ingest_message and
-- ingest_status do. Raises what a malformed event leads to. Called by: ingest_batch.
create function app.ingest_event (
  p_shard    smallint,
  p_provider text,
  p_event    jsonb
)
  returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_account uuid := (p_event ->> 'account_id')::uuid;
  v_result  text;
begin
  if p_event ->> 'kind' = 'typing' then
    perform app.ingest_typing(p_shard, p_event) where v_account is not null;
    return 'noted';
  end if;

  if v_account is null then
    return app.keep_raw_event(p_shard, p_provider, p_event,
      case when p_event ->> 'account' is null then p_event ->> 'reason' else 'no such account' end, null);
  end if;

  if p_event ->> 'kind' in ('preference', 'template') then
    v_result := app.keep_raw_event(p_shard, p_provider, p_event, p_event ->> 'reason', null);
    if v_result = 'raw' and p_event ->> 'kind' = 'preference' then
      perform app.apply_preference(p_shard, p_event);
    elsif v_result = 'raw' then
      perform app.apply_template_event(p_shard, p_event);
    end if;
    return v_result;
  end if;

  if p_event ->> 'kind' not in ('message', 'reaction', 'edit', 'revoke', 'system', 'echo', 'status') then
    return app.keep_raw_event(p_shard, p_provider, p_event, p_event ->> 'reason', null);
  end if;

  insert into app.processed_messages (shard, account_id, key, occurred_on, processed_at)
  values (p_shard, v_account, p_event ->> 'key', (p_event ->> 'occurred_at')::timestamptz at time zone 'UTC', app.now())
  on conflict do nothing;
  if not found then
    return 'duplicates';
  end if;

  if p_event ->> 'kind' = 'status' then
    return app.ingest_status(p_shard, p_event);
  end if;
  return app.ingest_message(p_shard, p_event);
end;
$$;

revoke execute on function app.ingest_event from public;
grant execute on function app.ingest_event to service_role;

-- 30_conversations/ingest_events.sql
-- Takes in the events of one webhook POST, or of one socket read: everything is stored and queued when this returns.
-- Routes every event to its account; what belongs to no account of ours is kept raw.
-- p_events: [{kind, key, account, occurred_at, correlation_id, raw, ...}] as commons/work/ingest.ts writes them.
-- Returns {stored, duplicates, raw, failed, wake}; wake: work was queued, now or by an earlier delivery whose taker may have
-- died before it woke anybody, and no runner is alive to see it.
-- Idempotent: a fact that was taken in before counts as a duplicate and changes nothing.
-- Locks: those of ingest_shard_events and then the connection's counter, shard after shard in ascending order.
-- Called by: the wa-webhook function, through commons/work/ingest.ts.
create function app.ingest_events (
  p_provider text,
  p_events   jsonb
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_shard  smallint;
  v_events jsonb;
  v_counts jsonb;
  v_total  jsonb := '{"stored": 0, "duplicates": 0, "raw": 0, "failed": 0}';
  v_queued boolean := false;
  v_key    text;
begin
  for v_shard, v_events in
    select coalesce(a.shard, 0),
           jsonb_agg(e.event || jsonb_build_object('account_id', a.id, 'tenant_id', a.tenant_id) order by e.ordinal)
      from jsonb_array_elements(p_events) with ordinality as e (event, ordinal)
      left join lateral (
        select w.shard, w.id, w.tenant_id
          from public.whatsapp_accounts w
         where w.provider = p_provider and w.external_id = e.event ->> 'account'
        offset 0 -- one look into the index for each event, whatever the planner thinks of the table
      ) as direct on true
      -- News of a business account name no number: any of its numbers leads to its tenant.
      left join lateral (
        select w.shard, w.id, w.tenant_id
          from public.whatsapp_accounts w
         where e.event ->> 'account' is null and w.provider = p_provider and w.business_id = e.event ->> 'business'
         order by w.created_at, w.id
         limit 1
      ) as business on true
      cross join lateral (
        select coalesce(direct.shard, business.shard) as shard, coalesce(direct.id, business.id) as id,
               coalesce(direct.tenant_id, business.tenant_id) as tenant_id
      ) as a
     group by coalesce(a.shard, 0)
     order by coalesce(a.shard, 0)
  loop
    v_counts := app.ingest_shard_events(v_shard, p_provider, v_events);
    if (v_counts ->> 'duplicates')::integer > 0 then
      perform app.count_duplicates(v_shard, p_provider, (v_counts ->> 'duplicates')::bigint);
    end if;
    v_queued := v_queued or (v_counts ->> 'queued')::integer > 0 or (v_counts ->> 'duplicates')::integer > 0;
    foreach v_key in array array['stored', 'duplicates', 'raw', 'failed'] loop
      v_total := jsonb_set(v_total, array[v_key], to_jsonb((v_total ->> v_key)::integer + (v_counts ->> v_key)::integer));
    end loop;
  end loop;

  return v_total || jsonb_build_object('wake', v_queued and not app.runner_is_alive());
end;
$$;

revoke execute on function app.ingest_events from public;
grant execute on function app.ingest_events to service_role;

-- 30_conversations/ingest_message.sql
-- Stores one message, reaction, edit, revoke, system message or echo, and queues a turn when it calls for an answer
-- and no person has taken the conversation over. The file of a message is queued to be fetched, whoever answers. A text that is
-- an opt-out or opt-in word as a whole wakes nobody and is confirmed once; who has opted out is not answered by an agent.
-- p_event: {kind, account_id, tenant_id, identities, name, message: {id, type, text, content, reply_to}, target_id,
-- wakes_agent, referral (an ad led here), occurred_at, correlation_id}. Returns 'queued' (a turn, a confirmation, or a file),
-- 'stored' or 'duplicates' (an echo of what we sent).
-- Locks: contact, conversation, memory (an echo), lane of media, lane, ready; for a confirmation those of enqueue_outbound_message.
-- Called by: ingest_event.
create function app.ingest_message (
  p_shard smallint,
  p_event jsonb
)
  returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_kind         text := p_event ->> 'kind';
  v_message      jsonb := p_event -> 'message';
  v_account      uuid := (p_event ->> 'account_id')::uuid;
  v_tenant       public.tenants;
  v_conversation public.conversations;
  v_message_id   uuid;
  v_file         jsonb := case when v_kind in ('message', 'echo') then app.file_of(v_message ->> 'type', v_message -> 'content') end;
  v_word         jsonb;
  v_result       text;
  v_now          timestamptz := app.now();
begin
  if exists (select from public.messages
              where shard = p_shard and account_id = v_account and provider_message_id = v_message ->> 'id') then
    return 'duplicates';
  end if;

  select * into strict v_tenant from public.tenants where id = (p_event ->> 'tenant_id')::uuid;

  v_conversation := app.advance_conversation(p_shard, v_tenant.id, v_account,
    app.resolve_contact(p_shard, v_tenant.id, p_event -> 'identities', p_event ->> 'name'),
    v_kind, case when v_kind = 'echo' then v_now + make_interval(mins => v_tenant.takeover_pause_minutes) end,
    (p_event ->> 'occurred_at')::timestamptz,
    case when p_event ? 'referral' then (p_event ->> 'occurred_at')::timestamptz + make_interval(hours => v_tenant.free_entry_hours) end);

  insert into public.messages
    (shard, tenant_id, account_id, conversation_id, position, direction, author, provider_message_id, type, body, content,
     reply_to, status, media_state, correlation_id, occurred_at, created_at)
  values (
    p_shard, v_tenant.id, v_account, v_conversation.id, v_conversation.last_position,
    case v_kind when 'echo' then 'out' else 'in' end,
    case v_kind when 'echo' then 'person' when 'system' then 'system' else 'customer' end,
    v_message ->> 'id', v_message ->> 'type', coalesce(v_message ->> 'text', ''), coalesce(v_message -> 'content', '{}'),
    coalesce(p_event ->> 'target_id', v_message ->> 'reply_to'), case v_kind when 'echo' then 'SENT' end,
    case when v_file is not null then 'pending' end, p_event ->> 'correlation_id', (p_event ->> 'occurred_at')::timestamptz, v_now)
  returning id into v_message_id;

  if v_file is not null then
    perform app.enqueue_message(p_shard, 'media', v_message_id, v_tenant.id, 'fetch',
      jsonb_build_object('account_id', v_account, 'file', v_file), p_correlation_id => p_event ->> 'correlation_id');
  end if;

  if v_kind = 'echo' then
    perform app.remember(p_shard, v_tenant.id, v_conversation.id, jsonb_build_array(
      jsonb_build_object('role', 'person', 'text', coalesce(v_message ->> 'text', ''), 'at', p_event ->> 'occurred_at')));
  end if;

  if v_kind in ('edit', 'revoke') then
    update public.messages
       set body       = case v_kind when 'edit' then v_message ->> 'text' else body end,
           edited_at  = case v_kind when 'edit' then v_now else edited_at end,
           revoked_at = case v_kind when 'revoke' then v_now else revoked_at end
     where shard = p_shard and account_id = v_account and provider_message_id = p_event ->> 'target_id'
       and conversation_id = v_conversation.id and direction = 'in';
  end if;

  if v_kind = 'message' then
    if v_message ->> 'type' = 'text' then
      v_word := app.consent_word(v_tenant, v_message ->> 'text');
    end if;
    if v_word is not null then
      v_result := app.apply_consent_word(p_shard, p_event, v_tenant, v_conversation, v_message_id, v_word);
      if v_result is not null then
        return v_result;
      end if;
    end if;
    if app.consent_of(p_shard, v_conversation.contact_id) ->> 'all' = 'stop' then
      return case when v_file is null then 'stored' else 'queued' end;
    end if;
  end if;

  if v_kind <> 'message' or not (p_event ->> 'wakes_agent')::boolean or v_conversation.agent_paused_until > v_now then
    return case when v_file is null then 'stored' else 'queued' end;
  end if;

  perform app.enqueue_message(p_shard, 'inbound', v_conversation.id, v_tenant.id, 'turn',
    jsonb_build_object('message_id', v_message_id, 'position', v_conversation.last_position),
    p_correlation_id => p_event ->> 'correlation_id',
    p_quiet          => app.quiet_time(v_tenant, v_message ->> 'type', coalesce(v_message ->> 'text', '')),
    p_max_wait       => make_interval(secs => v_tenant.burst_max_wait_ms / 1000.0));
  if app.media_pending(p_shard, v_conversation.id) then
    perform app.defer_burst(p_shard, v_conversation.id, 'infinity');
  end if;
  return 'queued';
end;
$$;

revoke execute on function app.ingest_message from public;
grant execute on function app.ingest_message to service_role;

-- 30_conversations/ingest_shard_events.sql
-- Takes in the events of one shard. The whole batch runs without savepoints; when an item proves poisonous, the batch
-- starts anew with a savepoint around every item, and the poisonous one is kept raw with its error. Trouble of the
-- server (no memory, a deadlock, a shutdown) is never taken for poison: it ends the transaction.
-- p_events: as for ingest_events, with account_id and tenant_id (null when unknown).
-- Returns {stored, duplicates, raw, failed, queued}.
-- Locks: identities (advisory, ascending), contacts (ascending), then per message conversation, lane, ready; then statuses in ascending order of
-- their message, each outbound message, message, lane, ready.
-- Called by: ingest_events.
create function app.ingest_shard_events (
  p_shard    smallint,
  p_provider text,
  p_events   jsonb
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_tenant     uuid;
  v_identities jsonb;
  v_counts     jsonb;
begin
  for v_tenant, v_identities in
    select (e ->> 'tenant_id')::uuid, jsonb_agg(i)
      from jsonb_array_elements(p_events) as e
      cross join lateral jsonb_array_elements(case jsonb_typeof(e -> 'identities') when 'array' then e -> 'identities' else '[]' end) as i
     where e ->> 'tenant_id' is not null
     group by (e ->> 'tenant_id')::uuid
     order by (e ->> 'tenant_id')::uuid
  loop
    perform app.lock_identities(p_shard, v_tenant, v_identities);
  end loop;

  begin
    return app.ingest_batch(p_shard, p_provider, p_events, false);
  exception when others then
    if app.is_server_trouble(sqlstate) then
      raise;
    end if;
    v_counts := app.ingest_batch(p_shard, p_provider, p_events, true);
    return v_counts;
  end;
end;
$$;

revoke execute on function app.ingest_shard_events from public;
grant execute on function app.ingest_shard_events to service_role;

-- 30_conversations/ingest_status.sql
-- Applies one status of a message of ours, found by the id that we gave along with the send or by the provider's id.
-- A status of a message that is not known (yet) is kept and taken up when the send is recorded.
-- p_event: {account_id, message_id, status, callback_data, error, occurred_at}. Returns 'stored'.
-- Raises SB400 for a status that is none.
-- Locks: outbound message, message, lane, ready; for an orphan lock_provider_message instead. Called by: ingest_event.
create function app.ingest_status (
  p_shard smallint,
  p_event jsonb
)
  returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_account  uuid := (p_event ->> 'account_id')::uuid;
  v_callback text := p_event ->> 'callback_data';
  v_outbound uuid;
begin
  if v_callback ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    select o.id into v_outbound
      from app.outbound_message o
     where o.shard = p_shard and o.id = v_callback::uuid and o.account_id = v_account;
  end if;
  if v_outbound is null then
    select o.id into v_outbound
      from app.outbound_message o
     where o.shard = p_shard and o.account_id = v_account and o.provider_message_id = p_event ->> 'message_id';
  end if;

  -- Its send may be about to be recorded: whoever comes second under this lock sees the other.
  if v_outbound is null then
    perform app.lock_provider_message(p_shard, v_account, p_event ->> 'message_id');
    select o.id into v_outbound
      from app.outbound_message o
     where o.shard = p_shard and o.account_id = v_account and o.provider_message_id = p_event ->> 'message_id';
  end if;

  if v_outbound is null then
    insert into app.orphan_statuses (shard, account_id, provider_message_id, status, occurred_at, error, received_at)
    values (p_shard, v_account, p_event ->> 'message_id', p_event ->> 'status',
            (p_event ->> 'occurred_at')::timestamptz, p_event -> 'error', app.now())
    on conflict do nothing;
  else
    perform app.apply_outbound_status(p_shard, v_outbound, p_event ->> 'message_id', p_event ->> 'status',
      (p_event ->> 'occurred_at')::timestamptz, p_event -> 'error');
  end if;
  return 'stored';
end;
$$;

revoke execute on function app.ingest_status from public;
grant execute on function app.ingest_status to service_role;

-- 30_conversations/ingest_typing.sql
-- A customer is typing: what waits in the conversation waits 5 seconds more from then, within defer_burst's limits. Nothing
-- is stored, nobody is woken; somebody who is not known yet, or who types when nothing waits, changes nothing.
-- p_event: {account_id, tenant_id, identities, occurred_at}; one that comes late counts from when it happened.
-- Locks: conversation, lane, ready; the first because a message of the same person may follow in the batch.
-- Called by: ingest_event.
create function app.ingest_typing (
  p_shard smallint,
  p_event jsonb
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_conversation uuid;
begin
  select c.id into v_conversation
    from jsonb_array_elements(p_event -> 'identities') as i
    join public.contact_identities ci
      on ci.shard = p_shard and ci.tenant_id = (p_event ->> 'tenant_id')::uuid and ci.kind = i ->> 'kind' and ci.value = i ->> 'value'
    join public.conversations c
      on c.shard = p_shard and c.account_id = (p_event ->> 'account_id')::uuid and c.contact_id = ci.contact_id and c.merged_into is null
   where i ->> 'kind' <> 'username'
   limit 1;
  if found then
    perform from public.conversations where shard = p_shard and id = v_conversation for no key update;
    perform app.defer_burst(p_shard, v_conversation, least((p_event ->> 'occurred_at')::timestamptz, app.now()) + interval '5 seconds');
  end if;
end;
$$;

revoke execute on function app.ingest_typing from public;
grant execute on function app.ingest_typing to service_role;

-- 30_conversations/is_server_trouble.sql
-- Whether an error speaks of the server and not of the data: connection, deadlock or serialization, resources,
-- shutdown or cancel, system, configuration, and a schema or grants that do not fit (42, 0A: a deployment half way).
-- Such work is to be tried again as it is.
-- Called by: ingest_shard_events, ingest_batch.
create function app.is_server_trouble (
  p_sqlstate text
)
  returns boolean
  language sql
  immutable
  set search_path = ''
as $$
  select left(p_sqlstate, 2) in ('08', '0A', '40', '42', '53', '55', '57', '58', 'F0', 'XX') or p_sqlstate = '25006';
$$;

revoke execute on function app.is_server_trouble from public;
grant execute on function app.is_server_trouble to service_role;

-- 30_conversations/keep_raw_event.sql
-- Keeps an item as it came. Returns 'raw', or 'duplicates' when it is there already.
-- Idempotent by the event's key and day. Called by: ingest_event, ingest_batch.
create function app.keep_raw_event (
  p_shard    smallint,
  p_provider text,
  p_event    jsonb,
  p_reason   text,
  p_error    jsonb
)
  returns text
  language plpgsql
  set search_path = ''
as $$
begin
  insert into app.webhook_events
    (shard, key, occurred_on, tenant_id, account_id, provider, external_id, kind, reason, payload, error, correlation_id, received_at)
  values (
    p_shard,
    left(coalesce(p_event ->> 'account', '-') || ':' || coalesce(p_event ->> 'key', md5(p_event::text)), 500),
    app.event_day(p_event),
    (p_event ->> 'tenant_id')::uuid, (p_event ->> 'account_id')::uuid, p_provider, p_event ->> 'account',
    coalesce(p_event ->> 'kind', 'unknown'), coalesce(p_reason, 'kept for people to see'),
    coalesce(p_event -> 'raw', p_event), p_error, coalesce(p_event ->> 'correlation_id', '-'), app.now())
  on conflict do nothing;
  return case when found then 'raw' else 'duplicates' end;
end;
$$;

revoke execute on function app.keep_raw_event from public;
grant execute on function app.keep_raw_event to service_role;

-- 30_conversations/lock_provider_message.sql
-- Serialises a status that finds no message with the send that is about to record the message's id, until the
-- transaction ends. Without it each could miss the other, and the status would stay an orphan for ever.
-- Locks: one advisory lock. Called by: ingest_status, accept_outbound.
create function app.lock_provider_message (
  p_shard               smallint,
  p_account_id          uuid,
  p_provider_message_id text
)
  returns void
  language sql
  volatile
  set search_path = ''
as $$
  select pg_advisory_xact_lock(hashtextextended(format('%s:%s:%s', p_shard, p_account_id, p_provider_message_id), 0));
$$;

revoke execute on function app.lock_provider_message from public;
grant execute on function app.lock_provider_message to service_role;

-- 30_conversations/open_conversation.sql
-- The conversation of a person on an account, found or made without a message: for whoever wants to write first.
-- p_identity: {"kind": "phone" | "bsuid", "value": "..."}. Returns its id. Idempotent. Raises SB404 when the tenant has no
-- such account, SB400 when the identity is none.
-- Locks: those of lock_identities, contact; the conversation when it is new. Called by: send_api_message.
create function app.open_conversation (
  p_shard      smallint,
  p_tenant_id  uuid,
  p_account_id uuid,
  p_identity   jsonb
)
  returns uuid
  language plpgsql
  set search_path = ''
as $$
declare
  v_identities jsonb := jsonb_build_array(p_identity);
  v_contact    uuid;
  v_id         uuid;
begin
  if not exists (select from public.whatsapp_accounts where shard = p_shard and id = p_account_id and tenant_id = p_tenant_id) then
    raise exception sqlstate 'SB404' using message = format('there is no account %s', p_account_id);
  end if;
  if coalesce(p_identity ->> 'kind' not in ('phone', 'bsuid'), true) or coalesce(p_identity ->> 'value', '') = '' then
    raise exception sqlstate 'SB400' using message = 'a conversation is opened with a phone number or a BSUID';
  end if;

  perform app.lock_identities(p_shard, p_tenant_id, v_identities);
  v_contact := app.resolve_contact(p_shard, p_tenant_id, v_identities, null);

  insert into public.conversations (shard, tenant_id, account_id, contact_id, created_at)
  values (p_shard, p_tenant_id, p_account_id, v_contact, app.now())
  on conflict (shard, account_id, contact_id) where merged_into is null do nothing
  returning id into v_id;
  if v_id is null then
    select c.id into strict v_id
      from public.conversations c
     where c.shard = p_shard and c.account_id = p_account_id and c.contact_id = v_contact and c.merged_into is null;
  end if;
  return v_id;
end;
$$;

revoke execute on function app.open_conversation from public;
grant execute on function app.open_conversation to service_role;

-- 40_queue/10_queue.sql
-- The queue. A lane is a conversation within a queue: its messages have gapless sequence numbers in commit order, and
-- one worker at a time owns it, by a lease with a fencing token. Three tables, so that claims touch no growing index:
-- the messages (inserted once, deleted once), the lane (counts, never indexed on what changes), and the ready row,
-- which exists only while the lane has something pending or in flight.

-- An enum and not a text: it stands in every key, and what has a fixed width is compared twice as fast.
create type app.queue_name as enum ('inbound', 'outbound', 'webhook', 'media');

create table app.queue_lane (
  shard   smallint       not null default 0,
  queue   app.queue_name not null,
  lane_id uuid           not null,
  -- The last sequence number given out, under the row's lock.
  tail    bigint         not null default 0,
  -- What tail was when the lane last ran empty: the enqueue that moves on from there makes the ready row.
  idle_at bigint         not null default 0,
  primary key (shard, queue, lane_id)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
comment on table app.queue_lane is 'A lane''s counters. Locked before its ready row by whoever locks both, but for a claim.';

create table app.queue_ready (
  shard       smallint    not null default 0,
  queue       app.queue_name not null,
  lane_id     uuid        not null,
  tenant_id   uuid        not null,
  priority    smallint    not null default 5,
  -- Claimable from then on. A lease, a backoff and the quiet time of a burst are all just a future value; a lane that a
  -- pause keeps back has infinity here, and its own time in parked_at.
  at          timestamptz not null,
  parked_at   timestamptz,
  -- The cursor: messages up to here are done.
  done        bigint      not null,
  -- Claims of the current head so far.
  tries       smallint    not null default 0,
  -- The present lease: who holds it, and the number that every write under it must present. Null: nobody.
  leased_by   text,
  token       bigint,
  -- The last message that the lease may cover; those behind it may be cancelled while the worker is at it.
  upto        bigint,
  -- Leases in a row that ran out: their workers died, or hung.
  lost        smallint    not null default 0,
  -- When the oldest message of the burst came; bounds how long it may wait for quiet.
  burst_at    timestamptz not null,
  -- Until when the burst waits for more; kept under a lease too, for what comes meanwhile.
  quiet_until timestamptz
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
comment on table app.queue_ready is 'One row for each lane with work: when it may be claimed, and who holds it.';
-- No checks: each would be read anew from the catalog by every statement that writes a row, for longer than that takes.
-- leased_by and token are null together; parked_at is null, or `at` is infinity and nobody has a lease.
-- No unique key on the lane: there is one row for a lane because its maker holds the lane's lock. A unique index would
-- read every dead version of a lane's row at every update, and there are thousands of them while a long transaction keeps
-- them from being cleaned up. So leases are found by their token, of which there is never a second, and a claim updates
-- the rows that it has locked where they stand (ctid). The others are partial, each with a condition of its own that its
-- queries repeat: what is due, a tenant's part of it, leases by their end, what a pause keeps back. Deduplication would
-- only join dead entries of the same lane, at the price of every insert.
create index queue_ready_lane on app.queue_ready (lane_id) with (deduplicate_items = off);
create index queue_ready_token on app.queue_ready (token) with (deduplicate_items = off) where token is not null;
create index queue_ready_at on app.queue_ready (shard, queue, at) with (deduplicate_items = off) where leased_by is null and at < 'infinity';
create index queue_ready_tenant on app.queue_ready (shard, queue, tenant_id, priority, at) with (deduplicate_items = off)
  where leased_by is null and parked_at is null;
create index queue_ready_leased on app.queue_ready (shard, queue, at) with (deduplicate_items = off) where leased_by is not null;
create index queue_ready_parked on app.queue_ready (shard, queue, tenant_id) where parked_at is not null;

create table app.message_queue (
  shard          smallint    not null default 0,
  queue          app.queue_name not null,
  lane_id        uuid        not null,
  seq            bigint      not null,
  tenant_id      uuid        not null,
  kind           text        not null,
  payload        jsonb       not null,
  correlation_id text        not null,
  enqueued_at    timestamptz not null,
  primary key (shard, queue, lane_id, seq)
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
comment on table app.message_queue is 'Pieces of work waiting in their lanes.';

create table app.queue_dead_letter (
  shard          smallint    not null default 0,
  id             uuid        not null default gen_random_uuid(),
  queue          app.queue_name not null,
  lane_id        uuid        not null,
  seq            bigint      not null,
  tenant_id      uuid        not null,
  kind           text        not null,
  payload        jsonb       not null,
  correlation_id text        not null,
  tries          smallint    not null,
  error          jsonb       not null,
  enqueued_at    timestamptz not null,
  dead_at        timestamptz not null,
  replayed_at    timestamptz,
  -- A person decided that it is not to be done any more, and why.
  discarded_at   timestamptz,
  discard_reason text,
  primary key (shard, id),
  check (replayed_at is null or discarded_at is null),
  check ((discarded_at is null) = (discard_reason is null))
);
comment on table app.queue_dead_letter is 'Work that failed to its last try, with the reason; each can be replayed or discarded, once.';
create index queue_dead_letter_waiting on app.queue_dead_letter (shard, dead_at, id) where replayed_at is null and discarded_at is null;
create index queue_dead_letter_settled on app.queue_dead_letter (shard, dead_at) where replayed_at is not null or discarded_at is not null;

-- Who sleeps until when unless somebody rings: workers that found nothing to do. NOTIFY takes a lock on the whole
-- database until the commit is on disk, so an enqueue notifies only when somebody would hear it. Emptied by a crash, as
-- are the connections that listened.
create unlogged table app.queue_doorbell (
  queue  app.queue_name not null,
  worker text        not null,
  until  timestamptz not null,
  primary key (queue, worker)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
comment on table app.queue_doorbell is 'Workers that sleep and want to be woken by a NOTIFY.';

-- The processes that work the queues. A row whose heartbeat is old belongs to a process that died.
create table app.workers (
  id           text        primary key,
  kind         text        not null check (kind in ('runner', 'function')),
  detail       jsonb       not null default '{}',
  -- It is to give its sessions away and takes no more (drain_worker).
  draining     boolean     not null default false,
  started_at   timestamptz not null,
  heartbeat_at timestamptz not null
);
comment on table app.workers is 'Processes that work the queues, with their last sign of life.';

alter table app.queue_lane enable row level security;
alter table app.queue_ready enable row level security;
alter table app.message_queue enable row level security;
alter table app.queue_dead_letter enable row level security;
alter table app.queue_doorbell enable row level security;
alter table app.workers enable row level security;
grant select, insert, update, delete on
  app.queue_lane, app.queue_ready, app.message_queue, app.queue_dead_letter, app.queue_doorbell, app.workers to service_role;

-- 40_queue/20_around.sql
-- What stands around the queue, apart from it so that claims and completions never touch it: work for later, keys that
-- make an enqueue happen once, the tenants' turns, limits, pauses, and leases outside of the queues.

-- Work for later. Moved into its lane by promote_scheduled when its time has come.
create sequence app.queue_scheduled_id as bigint;
create table app.queue_scheduled (
  shard           smallint    not null default 0,
  id              bigint      not null default nextval('app.queue_scheduled_id'),
  run_at          timestamptz not null,
  queue           app.queue_name not null,
  lane_id         uuid        not null,
  tenant_id       uuid        not null,
  kind            text        not null,
  payload         jsonb       not null,
  correlation_id  text        not null,
  priority        smallint    not null check (priority between 0 and 9),
  idempotency_key text,
  primary key (shard, id)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
comment on table app.queue_scheduled is 'Work that is to be queued at a later time.';
create index queue_scheduled_run_at on app.queue_scheduled (shard, run_at, id);
create index queue_scheduled_queue on app.queue_scheduled (shard, queue, run_at);
create index queue_scheduled_key on app.queue_scheduled (shard, queue, idempotency_key) where idempotency_key is not null;

-- What was enqueued under a key: the same key again is the same work.
create table app.queue_idempotency (
  shard       smallint    not null default 0,
  queue       app.queue_name not null,
  -- Compared byte by byte: three times as fast as by the rules of a language.
  key         text        collate "C" not null,
  -- Of what was enqueued: a different one under the same key is a contradiction.
  fingerprint text        not null,
  lane_id     uuid        not null,
  -- Null while the work is scheduled.
  seq         bigint,
  created_at  timestamptz not null,
  primary key (shard, queue, key)
) with (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
comment on table app.queue_idempotency is 'Keys under which work was enqueued, kept for a week.';
-- Not on anything that changes, so that writing down the number is a HOT update.
create index queue_idempotency_created on app.queue_idempotency (shard, created_at);

-- How much of a queue each tenant has had: its lanes so far, each counted as 1 / weight. Whoever has had the least is
-- served first. Written only while tenants compete, and never waited for.
create sequence app.queue_turn as bigint;
create table app.queue_tenant (
  shard     smallint         not null default 0,
  queue     app.queue_name not null,
  tenant_id uuid             not null,
  pass      double precision not null default 0,
  primary key (shard, queue, tenant_id)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
comment on table app.queue_tenant is 'Each tenant''s turn in a queue; its row is also the lock under which its cap is counted.';

-- How many lanes of a queue may be leased at the same time. No row: as many as there are workers.
create table app.queue_limits (
  shard           smallint not null default 0,
  queue           app.queue_name not null,
  max_concurrency integer  not null check (max_concurrency > 0),
  primary key (shard, queue)
);
comment on table app.queue_limits is 'Caps on the lanes of a queue that are in work at once; a tenant''s own cap is tenants.max_concurrency.';

-- What is kept back until somebody resumes it: a queue (both nil), a tenant in it, or a lane.
create table app.queue_pause (
  shard     smallint    not null default 0,
  queue     app.queue_name not null,
  tenant_id uuid        not null default '00000000-0000-0000-0000-000000000000',
  lane_id   uuid        not null default '00000000-0000-0000-0000-000000000000',
  reason    text        not null,
  paused_at timestamptz not null,
  primary key (shard, queue, tenant_id, lane_id),
  check (tenant_id = '00000000-0000-0000-0000-000000000000' or lane_id = '00000000-0000-0000-0000-000000000000')
);
comment on table app.queue_pause is 'Queues, tenants and lanes that are not worked for now.';

-- Leases on things outside of the queues: a message by any key, a conversation that a person writes into.
create table app.leases (
  shard       smallint    not null default 0,
  kind        text        not null check (kind in ('message', 'conversation')),
  key         text        not null check (length(key) between 1 and 500),
  owner       text        not null,
  token       bigint      not null,
  acquired_at timestamptz not null,
  expires_at  timestamptz not null,
  primary key (shard, kind, key)
) with (fillfactor = 70);
comment on table app.leases is 'Leases with fencing tokens on messages and conversations, outside of the queues.';
create index leases_expires on app.leases (shard, expires_at);

grant usage on sequence app.queue_scheduled_id, app.queue_turn to service_role;
alter table app.queue_scheduled enable row level security;
alter table app.queue_idempotency enable row level security;
alter table app.queue_tenant enable row level security;
alter table app.queue_limits enable row level security;
alter table app.queue_pause enable row level security;
alter table app.leases enable row level security;
grant select, insert, update, delete on
  app.queue_scheduled, app.queue_idempotency, app.queue_tenant, app.queue_limits, app.queue_pause, app.leases to service_role;

-- 40_queue/30_history.sql
-- What the queues have finished: a line for each piece of work, without its payload, in a partition for each day (UTC).
-- Completions write it in the same transaction that takes the work out of app.message_queue, so nothing here may slow
-- them down: no key, no foreign key, no trigger, one block range index of a few pages. Partitions are made and dropped by
-- app.sweep_history, never while somebody would have to wait for long; without a partition for its day, a row goes to the default one.

create table app.queue_history (
  shard          smallint       not null default 0,
  queue          app.queue_name not null,
  lane_id        uuid           not null,
  seq            bigint         not null,
  tenant_id      uuid           not null,
  kind           text           not null,
  correlation_id text           not null,
  tries          smallint       not null,
  enqueued_at    timestamptz    not null,
  finished_at    timestamptz    not null
) partition by range (finished_at);
comment on table app.queue_history is 'Finished pieces of work, by the day on which they were finished.';
create table app.queue_history_default partition of app.queue_history default;
-- `autosummarize`: a range that is not summarized yet is read by every query.
create index queue_history_finished_at on app.queue_history using brin (finished_at) with (pages_per_range = 32, autosummarize = on);

alter table app.queue_history enable row level security;
alter table app.queue_history_default enable row level security;
grant select, insert, update, delete on app.queue_history to service_role;

-- 40_queue/acquire_conversation_lock.sql
-- Takes a lease on a conversation, for work outside of the queues such as a person's answer. Returns its fencing token, or
-- null when somebody has it. It ends after p_ttl by itself; whoever writes under it gives it back, and is told then
-- whether it was still theirs. Raises SB404 for a conversation that is not there.
-- Locks: the lease's row. Called by: whoever works on a conversation from outside of the queues.
create function app.acquire_conversation_lock (
  p_shard           smallint,
  p_conversation_id uuid,
  p_owner           text,
  p_ttl             interval default '30 seconds'
)
  returns bigint
  language plpgsql
  set search_path = ''
as $$
begin
  if not exists (select from public.conversations where shard = p_shard and id = p_conversation_id) then
    raise exception sqlstate 'SB404' using message = format('there is no conversation %s in shard %s', p_conversation_id, p_shard);
  end if;
  return app.acquire_lease(p_shard, 'conversation', p_conversation_id::text, p_owner, p_ttl);
end;
$$;

revoke execute on function app.acquire_conversation_lock from public;
grant execute on function app.acquire_conversation_lock to service_role;

-- 40_queue/acquire_lease.sql
-- Takes a lease outside of the queues, when it is free or has run out. Returns its fencing token, or null when somebody
-- else has it: an owner does not get it twice either. Locks: the lease's row.
-- Called by: acquire_message_lock, acquire_conversation_lock.
create function app.acquire_lease (
  p_shard smallint,
  p_kind  text,
  p_key   text,
  p_owner text,
  p_ttl   interval
)
  returns bigint
  language plpgsql
  set search_path = ''
as $$
declare
  v_now   timestamptz := app.now();
  v_token bigint;
begin
  insert into app.leases as l (shard, kind, key, owner, token, acquired_at, expires_at)
  values (p_shard, p_kind, p_key, p_owner, nextval('app.fencing_token'), v_now, v_now + p_ttl)
  on conflict (shard, kind, key) do update
    -- Under the row's lock, so that a later lease has the greater token.
    set owner = excluded.owner, token = nextval('app.fencing_token'), acquired_at = v_now, expires_at = v_now + p_ttl
    where l.expires_at <= v_now
  returning l.token into v_token;
  return v_token;
end;
$$;

revoke execute on function app.acquire_lease from public;
grant execute on function app.acquire_lease to service_role;

-- 40_queue/acquire_message_lock.sql
-- Takes a lease on a message, or on anything that has a key. Returns its fencing token, or null when somebody has it. It
-- ends after p_ttl by itself; whoever writes under it gives it back, and is told then whether it was still theirs.
-- Locks: the lease's row. Called by: whoever works on something outside of the queues.
create function app.acquire_message_lock (
  p_shard smallint,
  p_key   text,
  p_owner text,
  p_ttl   interval default '30 seconds'
)
  returns bigint
  language plpgsql
  set search_path = ''
as $$
begin
  return app.acquire_lease(p_shard, 'message', p_key, p_owner, p_ttl);
end;
$$;

revoke execute on function app.acquire_message_lock from public;
grant execute on function app.acquire_message_lock to service_role;

-- 40_queue/assert_lease.sql
-- Locks a lane and makes sure that p_token is its present lease. A lease that ran out but was not given to anybody
-- else still counts: under the lock nobody can take it.
-- Raises SB001 when the lease is stale; the caller's transaction must write nothing.
-- Locks: lane, ready. Called by: every write under a lease.
create function app.assert_lease (
  p_shard   smallint,
  p_queue   app.queue_name,
  p_lane_id uuid,
  p_token   bigint
)
  returns app.queue_ready
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_ready app.queue_ready;
begin
  perform from app.queue_lane where shard = p_shard and queue = p_queue and lane_id = p_lane_id for update;

  select * into v_ready
    from app.queue_ready
   where shard = p_shard and queue = p_queue and lane_id = p_lane_id and token = p_token
     for update;
  if not found then
    raise exception sqlstate 'SB001'
      using message = format('lane %s of queue %s is no longer leased under token %s', p_lane_id, p_queue, p_token),
            hint = 'the lease ran out and another worker took over: drop this work, it is done elsewhere';
  end if;
  return v_ready;
end;
$$;

revoke execute on function app.assert_lease from public;
grant execute on function app.assert_lease to service_role;

-- 40_queue/bury_lost_lane.sql
-- Gives up on the burst of a lane whose workers were lost again and again: it goes to the dead letters, and for an
-- inbound lane a person is asked for, as after any last try. When somebody has one of the locks it does nothing; the
-- lane comes again when its lease, the caller's, ends.
-- Locks: conversation or outbound messages, and lane, each only when it is free; the caller holds the ready row.
-- Called by: get_next_queue_message.
create function app.bury_lost_lane (
  p_ready app.queue_ready
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_upto  bigint;
  v_error jsonb := jsonb_build_object('code', 'worker_lost', 'message',
    format('worker lost: %s leases in a row ran out with this at the head; look at what the last one, %s, logged', p_ready.lost, p_ready.leased_by));
begin
  if not app.try_lock_lane(p_ready) then
    return;
  end if;

  select max(q.seq) into v_upto
    from app.message_queue q
   where q.shard = p_ready.shard and q.queue = p_ready.queue and q.lane_id = p_ready.lane_id and q.seq > p_ready.done and q.seq <= p_ready.upto;
  if v_upto is null then
    perform app.release_lane(p_ready, p_ready.done);
  elsif p_ready.queue = 'inbound' then
    perform app.fail_turn(p_ready.shard, p_ready.lane_id, p_ready.token, v_upto, v_error, p_max_tries => 0);
  else
    perform app.schedule_message_retry(p_ready.shard, p_ready.queue, p_ready.lane_id, p_ready.token, v_upto, v_error, p_max_tries => 0);
  end if;
end;
$$;

revoke execute on function app.bury_lost_lane from public;
grant execute on function app.bury_lost_lane to service_role;

-- 40_queue/cancel_queue_message.sql
-- Cancels the work that was enqueued under an idempotency key, scheduled or waiting in its lane, unless a worker has it
-- in hand. The key stays taken. Returns whether it was cancelled. Idempotent.
-- Locks: the key, the scheduled row, or as cancel_queue_messages. Called by: people.
create function app.cancel_queue_message (
  p_shard           smallint,
  p_queue           app.queue_name,
  p_idempotency_key text
)
  returns boolean
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_key app.queue_idempotency;
begin
  delete from app.queue_scheduled where shard = p_shard and queue = p_queue and idempotency_key = p_idempotency_key;
  if found then
    return true;
  end if;

  -- For a share: while the work is just being moved into its lane, this waits for its number.
  select * into v_key from app.queue_idempotency where shard = p_shard and queue = p_queue and key = p_idempotency_key for share;
  return coalesce(app.cancel_queue_messages(p_shard, p_queue, v_key.lane_id, v_key.seq, v_key.seq), 0) > 0;
end;
$$;

revoke execute on function app.cancel_queue_message from public;
grant execute on function app.cancel_queue_message to service_role;

-- 40_queue/cancel_queue_messages.sql
-- Takes work that no worker has in hand out of a lane: its messages from p_from to p_upto. Under a live lease what the
-- lease covers stays. An outbound message that is QUEUED and has not left becomes CANCELLED; any other stays in its lane.
-- Returns how many were cancelled. Idempotent. Locks: outbound messages in ascending order, messages, lane, ready.
-- Called by: cancel_queue_message, people.
create function app.cancel_queue_messages (
  p_shard   smallint,
  p_queue   app.queue_name,
  p_lane_id uuid,
  p_from    bigint default 1,
  p_upto    bigint default 9223372036854775807
)
  returns integer
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_ready app.queue_ready;
  v_begun uuid[] := '{}';
  v_gone  jsonb[];
begin
  if p_queue = 'outbound' then
    perform from app.outbound_message
      where shard = p_shard and id = any (app.outbound_ids(p_shard, p_lane_id, p_upto)) order by id for update;
    select coalesce(array_agg(o.id), '{}') into v_begun
      from app.outbound_message o
     where o.shard = p_shard and o.id = any (app.outbound_ids(p_shard, p_lane_id, p_upto)) and (o.status <> 'QUEUED' or app.may_have_left(p_shard, o.id));
  end if;

  perform from app.queue_lane where shard = p_shard and queue = p_queue and lane_id = p_lane_id for update;
  select * into v_ready from app.queue_ready where shard = p_shard and queue = p_queue and lane_id = p_lane_id for update;
  with gone as (
    delete from app.message_queue q
     where q.shard = p_shard and q.queue = p_queue and q.lane_id = p_lane_id
       and q.seq between greatest(p_from, case when v_ready.leased_by is null or v_ready.at <= app.now() then 0
                                               else coalesce(v_ready.upto, 9223372036854775806) + 1 end) and p_upto
       and coalesce(app.outbound_id(q.payload) <> all (v_begun), true)
    returning q.payload
  )
  select array_agg(g.payload) into v_gone from gone g;

  if p_queue = 'outbound' then
    perform app.set_outbound_status(p_shard, o.id, 'CANCELLED')
       from app.outbound_message o
      where o.shard = p_shard and o.id in (select app.outbound_id(g) from unnest(v_gone) as g);
  end if;
  if v_gone is not null and (v_ready.leased_by is null or v_ready.at <= app.now()) then
    perform app.release_lane(v_ready, v_ready.done, p_at => coalesce(v_ready.parked_at, v_ready.at), p_tries => v_ready.tries);
  end if;
  return coalesce(cardinality(v_gone), 0);
end;
$$;

revoke execute on function app.cancel_queue_messages from public;
grant execute on function app.cancel_queue_messages to service_role;

-- 40_queue/claim_room.sql
-- How many lanes of a queue may still be leased: as many as its cap leaves; null: no cap. While another claim of a capped
-- queue is under way: none, so that the cap holds. A lease that ran out counts: it is taken up again without being asked.
-- Locks: the queue's limit, only when it is free. Called by: pick_lanes.
create function app.claim_room (
  p_shard smallint,
  p_queue app.queue_name
)
  returns integer
  language plpgsql
  set search_path = ''
as $$
declare
  v_most   integer;
  v_leased integer;
begin
  select l.max_concurrency into v_most from app.queue_limits l where l.shard = p_shard and l.queue = p_queue;
  if v_most is null then
    return null;
  end if;
  perform from app.queue_limits l where l.shard = p_shard and l.queue = p_queue for update skip locked;
  if not found then
    return 0;
  end if;
  select count(*) into v_leased
    from app.queue_ready r
   where r.shard = p_shard and r.queue = p_queue and r.leased_by is not null;
  return greatest(0, v_most - v_leased);
end;
$$;

revoke execute on function app.claim_room from public;
grant execute on function app.claim_room to service_role;

-- 40_queue/cleanup_old_messages.sql
-- Removes what the queues leave behind once it is older than p_age (null: what app.retention says of it): dead letters that
-- were replayed or discarded, keys of work that is in its lane or done, statuses that never found their message, workflows that
-- have ended. Conversations,
-- messages, turns, open dead letters and scheduled work stay; finished work, facts and raw webhook items are
-- dropped by the day (drop_old_history).
-- p_limit: at most so many of each, so that it ends soon; call it again while it returns that many.
-- Returns {dead_letters, keys, orphan_statuses, workflows}. Idempotent. Locks: the rows, with skip locked.
-- Called by: sweep.
create function app.cleanup_old_messages (
  p_shard smallint,
  p_age   interval default null,
  p_limit integer  default 1000
)
  returns jsonb
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_now     timestamptz := app.now();
  v_letters timestamptz; -- what is older than this goes; null keeps everything
  v_keys    timestamptz;
  v_orphans timestamptz;
  v_flows   timestamptz;
  v_counts  jsonb;
begin
  select v_now - coalesce(p_age, max(keep) filter (where what = 'queue_dead_letter')),
         v_now - coalesce(p_age, max(keep) filter (where what = 'queue_idempotency')),
         v_now - coalesce(p_age, max(keep) filter (where what = 'orphan_statuses')),
         v_now - coalesce(p_age, max(keep) filter (where what = 'workflow_states'))
    into v_letters, v_keys, v_orphans, v_flows
    from app.retention;

  with letter as (
    delete from app.queue_dead_letter d where d.shard = p_shard and d.id in (
      select x.id from app.queue_dead_letter x
       where x.shard = p_shard and (x.replayed_at is not null or x.discarded_at is not null) and x.dead_at < v_letters
         and coalesce(x.replayed_at, x.discarded_at) < v_letters
       order by x.dead_at limit p_limit for update skip locked)
    returning 1
  ), key as (
    delete from app.queue_idempotency k where k.shard = p_shard and (k.queue, k.key) in (
      select x.queue, x.key from app.queue_idempotency x
       where x.shard = p_shard and x.created_at < v_keys and x.seq is not null
       order by x.created_at limit p_limit for update skip locked)
    returning 1
  ), orphan as (
    delete from app.orphan_statuses o where (o.shard, o.account_id, o.provider_message_id, o.status) in (
      select x.shard, x.account_id, x.provider_message_id, x.status from app.orphan_statuses x
       where x.shard = p_shard and x.received_at < v_orphans order by x.received_at limit p_limit for update skip locked)
    returning 1
  ), flow as (
    delete from app.workflow_states w where w.shard = p_shard and w.id in (
      select x.id from app.workflow_states x
       where x.shard = p_shard and x.finished_at < v_flows order by x.finished_at limit p_limit for update skip locked)
    returning 1
  )
  select jsonb_build_object('dead_letters', (select count(*) from letter), 'keys', (select count(*) from key),
           'orphan_statuses', (select count(*) from orphan), 'workflows', (select count(*) from flow))
    into v_counts;
  return v_counts;
end;
$$;

revoke execute on function app.cleanup_old_messages from public;
grant execute on function app.cleanup_old_messages to service_role;

-- 40_queue/cleanup_stale_message_locks.sql
-- Forgets leases outside of the queues that ran out; at most p_limit. Returns how many.
-- Idempotent. Locks: leases with skip locked. Called by: sweep.
create function app.cleanup_stale_message_locks (
  p_shard smallint,
  p_limit integer default 1000
)
  returns integer
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_now   timestamptz := app.now();
  v_count integer;
begin
  with stale as materialized (
    select l.kind, l.key from app.leases l
     where l.shard = p_shard and l.expires_at <= v_now order by l.expires_at limit p_limit for update skip locked
  )
  delete from app.leases l using stale s where l.shard = p_shard and l.kind = s.kind and l.key = s.key;
  get diagnostics v_count = row_count;
  return v_count;
end;
$$;

revoke execute on function app.cleanup_stale_message_locks from public;
grant execute on function app.cleanup_stale_message_locks to service_role;

-- 40_queue/cleanup_stuck_webhook_conversations.sql
-- Heals what nobody would come back to, at most p_limit lanes of each kind: lanes that a worker holds which was not heard
-- of for two minutes and whose lease would still last for more than one; lanes marked ready without a message (taken out
-- by hand); lanes put aside by a pause that is no more.
-- p_window: lanes without a message are looked for among so many, from a random one on, so that a million
-- lanes that wait cost no more than a few thousand; with more lanes than that, such a lane is found by one of the next calls.
-- Returns what was healed, a row each: what, queue, lane. Idempotent. Locks: ready rows with skip locked, then the lane
-- only when it is free. Called by: sweep.
create function app.cleanup_stuck_webhook_conversations (
  p_shard  smallint,
  p_limit  integer default 100,
  p_window integer default 1000
)
  returns table (healed text, queue app.queue_name, lane_id uuid)
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_now   timestamptz := app.now();
  v_nil   uuid := '00000000-0000-0000-0000-000000000000';
  v_from  uuid := gen_random_uuid();
  v_ready app.queue_ready;
begin
  return query
  with stuck as materialized (
    select r.ctid as place from app.queue_ready r
     where r.shard = p_shard and r.leased_by is not null and r.at > v_now + interval '1 minute'
       and not exists (select from app.workers w where w.id = r.leased_by and w.heartbeat_at > v_now - interval '2 minutes')
     limit p_limit for update skip locked
  )
  update app.queue_ready r set at = v_now
   where r.ctid = any (array(select s.place from stuck s))
  returning 'worker gone', r.queue, r.lane_id;

  -- From one tenant with lanes put aside to the next: a tenant that is paused is one step, however many lanes it has.
  return query
  with recursive parked as (
    (select r.queue, r.tenant_id from app.queue_ready r
      where r.shard = p_shard and r.parked_at is not null order by r.queue, r.tenant_id limit 1)
    union all
    select next.* from parked p cross join lateral (
      select r.queue, r.tenant_id from app.queue_ready r
       where r.shard = p_shard and r.parked_at is not null and (r.queue, r.tenant_id) > (p.queue, p.tenant_id)
       order by r.queue, r.tenant_id limit 1) as next
  ), stuck as materialized (
    select found.* from parked p cross join lateral (
      select r.ctid as place from app.queue_ready r
       where r.shard = p_shard and r.queue = p.queue and r.tenant_id = p.tenant_id and r.parked_at is not null
         and not exists (select from app.queue_pause x where x.shard = p_shard and x.queue = r.queue and x.lane_id = r.lane_id)
       limit p_limit for update skip locked) as found
     where not exists (select from app.queue_pause x where x.shard = p_shard and x.queue = p.queue
                        and x.tenant_id in (v_nil, p.tenant_id) and x.lane_id = v_nil)
     limit p_limit
  )
  update app.queue_ready r set at = r.parked_at, parked_at = null
   where r.ctid = any (array(select s.place from stuck s))
  returning 'pause gone', r.queue, r.lane_id;

  for v_ready in
    with empty as materialized (
      select w.queue, w.lane_id
        from (
          (select x.* from app.queue_ready x where x.shard = p_shard and x.lane_id >= v_from order by x.lane_id limit p_window)
          union all
          (select x.* from app.queue_ready x where x.shard = p_shard and x.lane_id < v_from order by x.lane_id limit p_window)
          limit p_window
        ) as w
       where (w.leased_by is null or w.at <= v_now)
         and not exists (select from app.message_queue m
                          where m.shard = p_shard and m.queue = w.queue and m.lane_id = w.lane_id and m.seq > w.done)
       limit p_limit
    )
    select r.* from empty e join app.queue_ready r on r.shard = p_shard and r.queue = e.queue and r.lane_id = e.lane_id
     where (r.leased_by is null or r.at <= v_now)
       and not exists (select from app.message_queue m
                        where m.shard = p_shard and m.queue = r.queue and m.lane_id = r.lane_id and m.seq > r.done)
       for update of r skip locked
  loop
    if app.try_lock_lane(v_ready) then
      perform app.release_lane(v_ready, v_ready.done);
      return query select 'no message', v_ready.queue, v_ready.lane_id;
    end if;
  end loop;
end;
$$;

revoke execute on function app.cleanup_stuck_webhook_conversations from public;
grant execute on function app.cleanup_stuck_webhook_conversations to service_role;

-- 40_queue/complete_queue_lanes.sql
-- Marks the messages of many leased lanes as done, each up to its p_upto, and gives the lanes back: what
-- complete_queue_messages does for each of them, as a few statements for all.
-- p_tokens, p_uptos: of each lane, its lease and the last message that is done. p_max_wait: as for complete_queue_messages.
-- p_worker: keeps the lanes that have more behind and nothing to wait for, under a new lease of p_lease for the next
-- p_per_lane messages; null: gives all of them back. It is the caller's to know that nobody else is due.
-- stale: the tokens that were stale; nothing was written for them, the others are done. kept_*: the lanes that were kept,
-- with their new tokens and cursors.
-- Raises SB400 when a p_upto is done already or was never enqueued, 40001 when a lease passed on to somebody else in this
-- very moment: then nothing is written, and the same call tells it as stale.
-- A lane with more behind it needs no lock but its ready row's: its tail only grows. Whether one runs empty is decided
-- under its lock, so no wake-up is lost.
-- The plans are pinned, as in lift_lanes. Locks: lanes that run empty in ascending order, then ready rows.
-- Called by: next_queue_messages.
create function app.complete_queue_lanes (
  p_shard    smallint,
  p_queue    app.queue_name,
  p_tokens   bigint[],
  p_uptos    bigint[],
  p_max_wait interval default '0',
  p_worker   text     default null,
  p_lease    interval default '30 seconds',
  p_per_lane integer  default 1,
  out stale       bigint[],
  out kept_lanes  uuid[],
  out kept_tokens bigint[],
  out kept_dones  bigint[]
)
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_nestloop = off
  set enable_mergejoin = off
as $$
declare
  v_now    timestamptz := app.now();
  v_lanes  uuid[];
  v_tokens bigint[];
  v_tries  smallint[];
  v_dones  bigint[];
  v_uptos  bigint[];
  v_nexts  bigint[];
  v_firsts timestamptz[];
  v_empty  uuid[];
  v_idle   uuid[];
  v_places tid[];
  v_ours   bigint;
begin
  select array_agg(s.lane_id), array_agg(s.token), array_agg(s.tries), array_agg(s.done), array_agg(s.upto), array_agg(s.next), array_agg(s.first)
    into v_lanes, v_tokens, v_tries, v_dones, v_uptos, v_nexts, v_firsts
    from (
      select r.lane_id, r.token, r.tries, r.done, x.upto, m.seq as next, m.enqueued_at as first
        from unnest(p_tokens, p_uptos) as x (token, upto)
        join app.queue_ready r on r.shard = p_shard and r.token = any (p_tokens) and r.token = x.token and r.queue = p_queue
        left join lateral (
          select q.seq, q.enqueued_at from app.message_queue q
           where q.shard = p_shard and q.queue = p_queue and q.lane_id = r.lane_id and q.seq > x.upto
           order by q.seq limit 1) as m on true
       order by r.lane_id) as s;

  if exists (select from unnest(v_dones, v_uptos) as x (done, upto) where x.upto <= x.done) then
    raise exception sqlstate 'SB400'
      using message = (select format('message %s of lane %s is done already (cursor at %s)', x.upto, x.lane_id, x.done)
                         from unnest(v_lanes, v_dones, v_uptos) as x (lane_id, done, upto) where x.upto <= x.done limit 1);
  end if;

  -- Lanes that run empty: decided by the tail of the row as it is under its lock.
  v_empty := array(select x.lane_id from unnest(v_lanes, v_nexts) as x (lane_id, next) where x.next is null);
  if v_empty <> '{}' then
    with idle as (
      update app.queue_lane l
         set idle_at = l.tail
        from unnest(v_lanes, v_uptos, v_nexts) as x (lane_id, upto, next)
       where x.next is null and l.shard = p_shard and l.queue = p_queue and l.lane_id = any (v_empty) and l.lane_id = x.lane_id and l.tail = x.upto
      returning l.lane_id
    )
    select array_agg(i.lane_id) into v_idle from idle i;
    if coalesce(cardinality(v_idle), 0) < cardinality(v_empty) then
      select x.nexts, x.firsts into v_nexts, v_firsts
        from app.recheck_lanes(p_shard, p_queue, v_lanes, v_uptos, v_nexts, v_firsts, v_idle) x;
    end if;
  end if;

  with gone as (
    delete from app.queue_ready r
     using unnest(v_tokens, v_nexts) as x (token, next)
     where x.next is null and r.shard = p_shard and r.token = any (v_tokens) and r.token = x.token
    returning 1
  ), more as (
    update app.queue_ready r
       set at        = case when x.keep and coalesce(r.quiet_until, v_now) <= v_now then v_now + p_lease
                            else greatest(v_now, least(coalesce(r.quiet_until, v_now), x.first + p_max_wait)) end,
           done      = x.next - 1,
           tries     = case when x.keep and coalesce(r.quiet_until, v_now) <= v_now then 1 else 0 end,
           leased_by = case when x.keep and coalesce(r.quiet_until, v_now) <= v_now then p_worker end,
           token     = case when x.keep and coalesce(r.quiet_until, v_now) <= v_now then nextval('app.fencing_token') end,
           upto      = case when x.keep and coalesce(r.quiet_until, v_now) <= v_now then x.next - 1 + p_per_lane end,
           lost      = 0,
           burst_at  = x.first
      from (select y.*, p_worker is not null as keep from unnest(v_tokens, v_nexts, v_firsts) as y (token, next, first)) as x
     where x.next is not null and r.shard = p_shard and r.token = any (v_tokens) and r.token = x.token
    returning r.lane_id, r.token, r.done
  )
  select (select count(*) from gone) + count(*), array_agg(m.lane_id) filter (where m.token is not null),
         array_agg(m.token) filter (where m.token is not null), array_agg(m.done) filter (where m.token is not null)
    into v_ours, kept_lanes, kept_tokens, kept_dones
    from more m;
  if v_ours < cardinality(v_tokens) then
    raise exception sqlstate '40001' using message = 'a lease was taken over this very moment', hint = 'call again: it will count as stale';
  end if;

  -- Messages are never updated, and only who has the lease takes those that it covers, so they stay where they stand.
  select array_agg(m.place) into v_places
    from unnest(v_lanes, v_dones, v_uptos) as x (lane_id, done, upto)
    cross join lateral (
      select q.ctid as place from app.message_queue q
       where q.shard = p_shard and q.queue = p_queue and q.lane_id = x.lane_id and q.seq > x.done and q.seq <= x.upto
       order by q.seq limit 1000000) as m;
  with done as (
    delete from app.message_queue q where q.ctid = any (v_places)
    returning q.lane_id, q.seq, q.tenant_id, q.kind, q.correlation_id, q.enqueued_at
  )
  insert into app.queue_history (shard, queue, lane_id, seq, tenant_id, kind, correlation_id, tries, enqueued_at, finished_at)
  select p_shard, p_queue, d.lane_id, d.seq, d.tenant_id, d.kind, d.correlation_id, x.tries, d.enqueued_at, v_now
    from done d join unnest(v_lanes, v_tries) as x (lane_id, tries) on x.lane_id = d.lane_id;

  stale := case when cardinality(v_tokens) = cardinality(p_tokens) then '{}'
                else array(select x.token from unnest(p_tokens) as x (token) where x.token <> all (coalesce(v_tokens, '{}'))) end;
end;
$$;

revoke execute on function app.complete_queue_lanes from public;
grant execute on function app.complete_queue_lanes to service_role;

-- 40_queue/complete_queue_messages.sql
-- Marks the messages of a leased lane up to p_upto as done and gives the lane back.
-- p_max_wait: how long what came meanwhile may wait for more of its burst.
-- Raises SB001 when the lease is stale, SB400 when p_upto is done already or was never enqueued.
-- Locks: lane, ready. Called by: complete_turn, start_outbound_attempt, finish_outbound_attempt.
create function app.complete_queue_messages (
  p_shard    smallint,
  p_queue    app.queue_name,
  p_lane_id  uuid,
  p_token    bigint,
  p_upto     bigint,
  p_max_wait interval default '0'
)
  returns void
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_ready app.queue_ready := app.assert_lease(p_shard, p_queue, p_lane_id, p_token);
begin
  if p_upto <= v_ready.done then
    raise exception sqlstate 'SB400'
      using message = format('message %s of lane %s is done already (cursor at %s)', p_upto, p_lane_id, v_ready.done);
  end if;

  with done as (
    delete from app.message_queue q
     where q.shard = p_shard and q.queue = p_queue and q.lane_id = p_lane_id and q.seq > v_ready.done and q.seq <= p_upto
    returning q.*
  )
  insert into app.queue_history (shard, queue, lane_id, seq, tenant_id, kind, correlation_id, tries, enqueued_at, finished_at)
  select d.shard, d.queue, d.lane_id, d.seq, d.tenant_id, d.kind, d.correlation_id, v_ready.tries, d.enqueued_at, app.now()
    from done d;
  perform app.release_lane(v_ready, p_upto, p_max_wait => p_max_wait);
end;
$$;

revoke execute on function app.complete_queue_messages from public;
grant execute on function app.complete_queue_messages to service_role;

-- 40_queue/discard_dead_letter.sql
-- Decides that a dead letter is not to be done any more, with the reason; the row stays for a week. What it speaks of
-- keeps the status that it died with. Raises SB404, SB409 as replay_dead_letter. Locks: the letter.
-- Called by: discard_dead_letters, people.
create function app.discard_dead_letter (
  p_shard  smallint,
  p_id     uuid,
  p_reason text
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  perform app.open_dead_letter(p_shard, p_id);
  update app.queue_dead_letter
     set discarded_at = app.now(), discard_reason = coalesce(nullif(p_reason, ''), 'no reason given')
   where shard = p_shard and id = p_id;
end;
$$;

revoke execute on function app.discard_dead_letter from public;
grant execute on function app.discard_dead_letter to service_role;

-- 40_queue/discard_dead_letters.sql
-- Discards the dead letters that a filter finds, oldest first, at most p_limit; as list_dead_letters and
-- discard_dead_letter. Letters that somebody else is deciding about are left to them. Returns how many.
-- Locks: letters with skip locked. Called by: people.
create function app.discard_dead_letters (
  p_shard     smallint,
  p_reason    text,
  p_queue     app.queue_name        default null,
  p_tenant_id uuid        default null,
  p_since     timestamptz default null,
  p_code      text        default null,
  p_limit     integer     default 100
)
  returns integer
  language plpgsql
  set search_path = ''
as $$
declare
  v_count integer;
begin
  perform app.discard_dead_letter(p_shard, x.id, p_reason)
     from app.lock_dead_letters(p_shard, p_queue, p_tenant_id, p_since, p_code, p_limit) as x;
  get diagnostics v_count = row_count;
  return v_count;
end;
$$;

revoke execute on function app.discard_dead_letters from public;
grant execute on function app.discard_dead_letters to service_role;

-- 40_queue/due_tenants.sql
-- Those of p_tenants that have a lane due now. Called by: pick_lanes_fairly.
create function app.due_tenants (
  p_shard   smallint,
  p_queue   app.queue_name,
  p_tenants uuid[]
)
  returns uuid[]
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_sort = off
as $$
declare
  v_now timestamptz := app.now();
begin
  return array(
    select v.id
      from unnest(p_tenants) as v (id)
     where exists (
       select from generate_series(0, 9) as p (priority)
        cross join lateral (
          select from app.queue_ready r
           where r.shard = p_shard and r.queue = p_queue and r.tenant_id = v.id and r.priority = p.priority
             and r.at <= (select v_now) and r.leased_by is null and r.parked_at is null
           order by r.at
           limit 1) as r));
end;
$$;

revoke execute on function app.due_tenants from public;
grant execute on function app.due_tenants to service_role;

-- 40_queue/enqueue_message.sql
-- Puts one piece of work at the end of a lane; when the lane was idle, workers that sleep are woken as the transaction
-- commits.
-- p_priority: 0 to 9; what of a tenant's work comes first. Urgent work lifts the whole lane, until it has run empty.
-- p_quiet, p_max_wait: the lane is ready p_quiet after this message, its last one, at most p_max_wait after the first of the
-- burst; both zero: at once. A lane that is leased or backing off keeps its time; quiet_until is kept for when it is back.
-- p_idempotency_key: the same key again, within a week, is the same work. Without one a second call is a second piece.
-- p_run_at: not before then; it gets its place in the lane only when its time has come (promote_scheduled).
-- Returns the sequence number, of the first call with that key; null for work that is still scheduled.
-- Raises SB409 when the key was used for other work, SB400 for a priority or a key out of range. Locks: lane, the key, ready.
-- Called by: ingest_message, enqueue_outbound_message, set_workflow_timer, replay_dead_letter.
create function app.enqueue_message (
  p_shard           smallint,
  p_queue           app.queue_name,
  p_lane_id         uuid,
  p_tenant_id       uuid,
  p_kind            text,
  p_payload         jsonb,
  p_correlation_id  text,
  p_priority        smallint    default 5::smallint,
  p_quiet           interval    default '0',
  p_max_wait        interval    default '0',
  p_idempotency_key text        default null,
  p_run_at          timestamptz default null
)
  returns bigint
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_now     timestamptz := app.now();
  v_quiet   timestamptz := case when p_quiet > '0' or p_max_wait > '0' then v_now + p_quiet end;
  v_is_late boolean := coalesce(p_run_at > v_now, false);
  v_print   text;
  v_seq     bigint;
  v_idle    bigint;
  v_sooner  boolean;
begin
  if p_priority not between 0 and 9 or length(p_idempotency_key) not between 1 and 200 then
    raise exception sqlstate 'SB400'
      using message = format('priority %s is not between 0 and 9, or the idempotency key is not 1 to 200 characters long', p_priority);
  end if;

  -- The lane comes first: whoever uses the same key for the same work waits for it here, and then finds the key.
  if not v_is_late then
    insert into app.queue_lane as l (shard, queue, lane_id, tail)
    values (p_shard, p_queue, p_lane_id, 1)
    on conflict (shard, queue, lane_id) do update set tail = l.tail + 1
    returning l.tail, l.idle_at into v_seq, v_idle;
  end if;

  if p_idempotency_key is not null then
    v_print := md5(jsonb_build_array(p_tenant_id, p_lane_id, p_kind, p_payload)::text);
    insert into app.queue_idempotency (shard, queue, key, fingerprint, lane_id, seq, created_at)
    values (p_shard, p_queue, p_idempotency_key, v_print, p_lane_id, v_seq, v_now)
    on conflict do nothing;
    if not found then
      if not v_is_late then
        update app.queue_lane set tail = tail - 1 where shard = p_shard and queue = p_queue and lane_id = p_lane_id;
      end if;
      return app.known_queue_key(p_shard, p_queue, p_idempotency_key, v_print);
    end if;
  end if;

  if v_is_late then
    insert into app.queue_scheduled
      (shard, run_at, queue, lane_id, tenant_id, kind, payload, correlation_id, priority, idempotency_key)
    values (p_shard, p_run_at, p_queue, p_lane_id, p_tenant_id, p_kind, p_payload, p_correlation_id, p_priority, p_idempotency_key);
    return null;
  end if;

  insert into app.message_queue (shard, queue, lane_id, seq, tenant_id, kind, payload, correlation_id, enqueued_at)
  values (p_shard, p_queue, p_lane_id, v_seq, p_tenant_id, p_kind, p_payload, p_correlation_id, v_now);

  if v_idle = v_seq - 1 then
    insert into app.queue_ready (shard, queue, lane_id, tenant_id, priority, at, done, burst_at, quiet_until)
    values (p_shard, p_queue, p_lane_id, p_tenant_id, p_priority, coalesce(v_quiet, v_now), v_idle, v_now, v_quiet);
    perform app.ring_doorbell(p_queue);
  elsif v_quiet is not null or p_priority > (
    select r.priority from app.queue_ready r where r.shard = p_shard and r.queue = p_queue and r.lane_id = p_lane_id
  ) then
    update app.queue_ready r
       set at          = case when v_quiet is not null and r.leased_by is null and r.tries = 0 and r.parked_at is null
                              then least(v_quiet, r.burst_at + p_max_wait) else r.at end,
           quiet_until = coalesce(v_quiet, r.quiet_until),
           priority    = greatest(r.priority, p_priority)
      from (select x.at from app.queue_ready x
             where x.shard = p_shard and x.queue = p_queue and x.lane_id = p_lane_id for update) as was
     where r.shard = p_shard and r.queue = p_queue and r.lane_id = p_lane_id
    returning r.at < was.at into v_sooner;
    if v_sooner then
      perform app.ring_doorbell(p_queue); -- who sleeps, sleeps until the old time
    end if;
  end if;
  return v_seq;
end;
$$;

revoke execute on function app.enqueue_message from public;
grant execute on function app.enqueue_message to service_role;

-- 40_queue/enqueue_messages.sql
-- Puts many pieces of work at the ends of their lanes, in the order given, and wakes the workers once. What
-- enqueue_message does for each of them one by one, as a few statements for all.
-- p_messages: [{lane_id, tenant_id, kind, payload, correlation_id, priority, idempotency_key, run_at}]; the last three
-- may be left out. promoted_key: a key that was taken when the work was scheduled. p_quiet, p_max_wait: as for
-- enqueue_message, for all.
-- Returns how many were new; those whose key was used before for the same work are not counted. Raises SB409 when a key
-- was used for other work, SB400 for a priority or a key out of range; then nothing is written.
-- Locks: the lanes in ascending order, the keys in ascending order, then the ready rows. Called by: promote_scheduled.
create function app.enqueue_messages (
  p_shard    smallint,
  p_queue    app.queue_name,
  p_messages jsonb,
  p_quiet    interval default '0',
  p_max_wait interval default '0'
)
  returns integer
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_now        timestamptz := app.now();
  v_quiet      timestamptz := case when p_quiet > '0' or p_max_wait > '0' then v_now + p_quiet end;
  v_lanes      uuid[];
  v_tenants    uuid[];
  v_kinds      text[];
  v_payloads   jsonb[];
  v_traces     text[];
  v_priorities smallint[];
  v_keys       text[];
  v_prints     text[];
  v_promoted   text[];
  v_times      timestamptz[];
  v_result     record;
begin
  select array_agg(m.lane_id), array_agg(m.tenant_id), array_agg(m.kind), array_agg(m.payload), array_agg(m.correlation_id),
         array_agg(coalesce(m.priority, 5::smallint)), array_agg(m.idempotency_key), array_agg(m.promoted_key), array_agg(m.run_at),
         array_agg(case when m.idempotency_key is not null then md5(jsonb_build_array(m.tenant_id, m.lane_id, m.kind, m.payload)::text) end)
    into v_lanes, v_tenants, v_kinds, v_payloads, v_traces, v_priorities, v_keys, v_promoted, v_times, v_prints
    from jsonb_to_recordset(p_messages) as m (lane_id uuid, tenant_id uuid, kind text, payload jsonb, correlation_id text,
           priority smallint, idempotency_key text, promoted_key text, run_at timestamptz);

  if exists (select from unnest(v_priorities, v_keys) as m (priority, key) where m.priority not between 0 and 9 or length(m.key) not between 1 and 200) then
    raise exception sqlstate 'SB400' using message = 'a priority is not between 0 and 9, or an idempotency key is not 1 to 200 characters long';
  end if;

  with input as materialized (
    select m.*, coalesce(m.run_at > v_now, false) as is_late,
           row_number() over (partition by m.lane_id, coalesce(m.run_at > v_now, false) order by m.ordinal) as n,
           count(*) over (partition by m.lane_id, coalesce(m.run_at > v_now, false)) as total,
           max(m.priority) over (partition by m.lane_id, coalesce(m.run_at > v_now, false)) as urgency
      from unnest(v_lanes, v_tenants, v_kinds, v_payloads, v_traces, v_priorities, v_keys, v_prints, v_promoted, v_times) with ordinality
             as m (lane_id, tenant_id, kind, payload, correlation_id, priority, key, fingerprint, promoted, run_at, ordinal)
  ), lane as (
    insert into app.queue_lane as l (shard, queue, lane_id, tail)
    select p_shard, p_queue, i.lane_id, i.total from input i where i.n = 1 and not i.is_late order by i.lane_id
    on conflict (shard, queue, lane_id) do update set tail = l.tail + excluded.tail
    returning l.lane_id, l.tail, l.idle_at
  ), placed as materialized (
    select i.*, l.tail - i.total + i.n as seq, l.idle_at, l.idle_at = l.tail - i.total as is_idle
      from input i left join lane l on l.lane_id = i.lane_id and not i.is_late
  ), taken as materialized (
    insert into app.queue_idempotency (shard, queue, key, fingerprint, lane_id, seq, created_at)
    select distinct on (p.key collate "C") p_shard, p_queue, p.key, p.fingerprint, p.lane_id, p.seq, v_now
      from placed p where p.key is not null order by p.key collate "C", p.ordinal
    on conflict do nothing
    returning key, seq
  ), fresh as materialized (
    select p.* from placed p left join taken t on t.key = p.key and t.seq is not distinct from p.seq
     where p.key is null or t.key is not null
  ), later as (
    insert into app.queue_scheduled
      (shard, run_at, queue, lane_id, tenant_id, kind, payload, correlation_id, priority, idempotency_key)
    select p_shard, f.run_at, p_queue, f.lane_id, f.tenant_id, f.kind, f.payload, f.correlation_id, f.priority, f.key
      from fresh f where f.is_late order by f.ordinal
  ), message as (
    insert into app.message_queue (shard, queue, lane_id, seq, tenant_id, kind, payload, correlation_id, enqueued_at)
    select p_shard, p_queue, f.lane_id, f.seq, f.tenant_id, f.kind, f.payload, f.correlation_id, v_now
      from fresh f where not f.is_late order by f.lane_id, f.seq
  ), head as materialized (
    select distinct on (f.lane_id) f.lane_id, f.tenant_id, f.urgency, f.idle_at, f.is_idle from fresh f where not f.is_late order by f.lane_id
  ), woken as (
    insert into app.queue_ready (shard, queue, lane_id, tenant_id, priority, at, done, burst_at, quiet_until)
    select p_shard, p_queue, h.lane_id, h.tenant_id, h.urgency, coalesce(v_quiet, v_now), h.idle_at, v_now, v_quiet
      from head h where h.is_idle order by h.lane_id
  )
  select (select count(*) from fresh) as new,
         (select array_agg(h.lane_id) from head h where not h.is_idle) as busy,
         (select array_agg(h.urgency) from head h where not h.is_idle) as urgencies,
         array(select p.lane_id from placed p where p.is_idle and p.n = 1 and p.lane_id not in (select h.lane_id from head h) order by p.lane_id) as untouched,
         array(select f.promoted from fresh f where f.promoted is not null and not f.is_late order by f.ordinal) as promoted,
         array(select f.seq from fresh f where f.promoted is not null and not f.is_late order by f.ordinal) as seqs
    into v_result;

  if v_result.new < coalesce(cardinality(v_lanes), 0) then
    perform app.known_queue_key(p_shard, p_queue, m.key, m.fingerprint)
       from unnest(v_keys, v_prints) as m (key, fingerprint) where m.key is not null;
    -- The numbers of what was not new stay unused; a lane that got nothing stays idle.
    update app.queue_lane l set idle_at = l.tail
     where l.shard = p_shard and l.queue = p_queue and l.lane_id = any (v_result.untouched);
  end if;
  if v_result.busy is not null then
    perform app.lift_lanes(p_shard, p_queue, v_result.busy, v_result.urgencies, v_quiet, p_max_wait);
  end if;
  if v_result.promoted <> '{}' then
    perform app.note_queue_keys(p_shard, p_queue, v_result.promoted, v_result.seqs);
  end if;
  perform app.ring_doorbell(p_queue);
  return v_result.new;
end;
$$;

revoke execute on function app.enqueue_messages from public;
grant execute on function app.enqueue_messages to service_role;

-- 40_queue/extend_lease.sql
-- A sign of life: the lease ends p_lease from now.
-- Raises SB001 when the lease is stale: the worker must stop what it is doing. Locks: lane, ready. Called by:
-- commons/work, a few times within every lease.
create function app.extend_lease (
  p_shard   smallint,
  p_queue   app.queue_name,
  p_lane_id uuid,
  p_token   bigint,
  p_lease   interval default '30 seconds'
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  perform app.assert_lease(p_shard, p_queue, p_lane_id, p_token);
  update app.queue_ready
     set at = app.now() + p_lease
   where shard = p_shard and queue = p_queue and lane_id = p_lane_id;
end;
$$;

revoke execute on function app.extend_lease from public;
grant execute on function app.extend_lease to service_role;

-- 40_queue/fail_dead_outbound.sql
-- Says of outbound messages whose work has died how they stand: FAILED when they never left; PARKED when nobody knows
-- whether the provider took them (may_have_left), until a person decides. What is further along stays there.
-- Locks: outbound message, message, task; the caller has locked the outbound messages. Called by: schedule_message_retry.
create function app.fail_dead_outbound (
  p_shard smallint,
  p_ids   uuid[],
  p_error jsonb
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  perform app.lose_outbound_attempts(p_shard, p_ids);
  perform app.set_outbound_status(p_shard, o.id, case when app.may_have_left(p_shard, o.id) then 'PARKED' else 'FAILED' end, p_error)
     from app.outbound_message o
    where o.shard = p_shard and o.id = any (p_ids) and o.status in ('QUEUED', 'SENDING', 'UNKNOWN');
end;
$$;

revoke execute on function app.fail_dead_outbound from public;
grant execute on function app.fail_dead_outbound to service_role;

-- 40_queue/get_dead_letter.sql
-- One dead letter with its payload, whatever was decided about it. No row: there is none. Called by: people.
create function app.get_dead_letter (
  p_shard smallint,
  p_id    uuid
)
  returns setof app.queue_dead_letter
  language sql
  stable
  set search_path = ''
as $$
  select d.* from app.queue_dead_letter d where d.shard = p_shard and d.id = p_id;
$$;

revoke execute on function app.get_dead_letter from public;
grant execute on function app.get_dead_letter to service_role;

-- 40_queue/get_next_queue_message.sql
-- Claims up to p_lanes lanes of a queue and gives, for each, its head message and the burst behind it (at most
-- p_per_lane). A lane that is claimed is the worker's until the lease ends; a lane whose lease ended is claimable again
-- like any other, which is how the work of a dead worker is taken up. After p_max_claims leases in a row that ran out,
-- the burst is taken for what kills its workers: it goes to the dead letters instead.
-- Which lanes, when there are more: pick_lanes. What is paused is put aside, each lane once.
-- p_after: the `since` of a claim a moment ago. While a long transaction keeps dead index entries from being cleaned up,
-- it spares reading them; what became due with an earlier time meanwhile waits for a claim without it, so make one every
-- second.
-- Returns one row a message, in order within its lane, the lanes in the order in which they were picked; token must be
-- presented by every write under this lease. since: when the one that has waited longest became due.
-- Locks: ready rows with skip locked, and others only when they are free: never waits. Messages are read by a second
-- statement, so with a snapshot that was taken after the locks. Called by: commons/work, next_queue_messages.
create function app.get_next_queue_message (
  p_shard      smallint,
  p_queue      app.queue_name,
  p_worker     text,
  p_lanes      integer     default 1,
  p_per_lane   integer     default 50,
  p_lease      interval    default '30 seconds',
  p_max_claims integer     default 20,
  p_after      timestamptz default '-infinity'
)
  returns table (
    lane_id        uuid,
    token          bigint,
    tries          smallint,
    since          timestamptz,
    tenant_id      uuid,
    seq            bigint,
    kind           text,
    payload        jsonb,
    correlation_id text,
    enqueued_at    timestamptz
  )
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
declare
  v_now    timestamptz := app.now();
  v_nil    uuid := '00000000-0000-0000-0000-000000000000';
  v_pause  uuid[];
  v_picked record;
  v_lanes  uuid[];
  v_tokens bigint[];
  v_tries  smallint[];
  v_dones  bigint[];
  v_losts  smallint[];
  v_lost   app.queue_ready;
begin
  -- What is paused: tenants and lanes; nil for the whole queue.
  select array_agg(case when p.tenant_id = v_nil then p.lane_id else p.tenant_id end)
    into v_pause
    from app.queue_pause p where p.shard = p_shard and p.queue = p_queue;
  if v_nil = any (v_pause) then
    return;
  end if;

  loop
    v_picked := app.pick_lanes(p_shard, p_queue, p_lanes, p_after);
    exit when v_picked.rows is null;

    with leased as (
      update app.queue_ready r
         set at        = v_now + p_lease,
             leased_by = p_worker,
             token     = nextval('app.fencing_token'),
             tries     = least(r.tries, 32766) + 1,
             upto      = r.done + p_per_lane,
             lost      = case when r.leased_by is null then 0 else least(r.lost, 32766) + 1 end
        from unnest(v_picked.rows) as x (place)
       where r.ctid = x.place
         and (v_pause is null or (r.tenant_id <> all (v_pause) and r.lane_id <> all (v_pause)))
      returning r.lane_id, r.token, r.tries, r.done, r.lost
    )
    select array_agg(l.lane_id), array_agg(l.token), array_agg(l.tries), array_agg(l.done), array_agg(l.lost)
      into v_lanes, v_tokens, v_tries, v_dones, v_losts
      from leased l;

    exit when cardinality(v_lanes) = cardinality(v_picked.rows);
    exit when app.park_lanes(p_shard, p_queue, v_picked.rows) = 0 or v_lanes is not null;
  end loop;

  if p_max_claims <= any (v_losts) then
    for v_lost in
      select r.* from app.queue_ready r where r.shard = p_shard and r.token = any (v_tokens) and r.lost >= p_max_claims
    loop
      perform app.bury_lost_lane(v_lost);
    end loop;
  end if;

  return query
  select s.lane_id, s.token, s.tries, v_picked.since, m.tenant_id, m.seq, m.kind, m.payload, m.correlation_id, m.enqueued_at
    from unnest(v_lanes, v_tokens, v_tries, v_dones, v_losts) as s (lane_id, token, tries, done, lost)
    cross join lateral (
      select q.tenant_id, q.seq, q.kind, q.payload, q.correlation_id, q.enqueued_at
        from app.message_queue q
       where q.shard = p_shard and q.queue = p_queue and q.lane_id = s.lane_id and q.seq > s.done and q.seq <= s.done + p_per_lane
       order by q.seq
       limit p_per_lane
    ) as m
   where s.lost < p_max_claims;
end;
$$;

revoke execute on function app.get_next_queue_message from public;
grant execute on function app.get_next_queue_message to service_role;

-- 40_queue/hold_lane.sql
-- Gives a leased lane back untouched, to be claimed again at p_at: nothing failed, its head has to wait.
-- Raises SB001 when the lease is stale. Locks: lane, ready. Called by: start_outbound_attempt, finish_outbound_attempt,
-- workers that stop.
create function app.hold_lane (
  p_shard   smallint,
  p_queue   app.queue_name,
  p_lane_id uuid,
  p_token   bigint,
  p_at      timestamptz
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_ready app.queue_ready := app.assert_lease(p_shard, p_queue, p_lane_id, p_token);
begin
  perform app.release_lane(v_ready, v_ready.done, p_at => p_at, p_tries => greatest(v_ready.tries - 1, 0)::smallint);
end;
$$;

revoke execute on function app.hold_lane from public;
grant execute on function app.hold_lane to service_role;

-- 40_queue/known_queue_key.sql
-- What an idempotency key that was taken before stands for: the number of its work in its lane, null while it is
-- scheduled. p_fingerprint: of the work that asks. Raises SB409 when that is other work. Called by: enqueue_message,
-- enqueue_messages.
create function app.known_queue_key (
  p_shard       smallint,
  p_queue       app.queue_name,
  p_key         text,
  p_fingerprint text
)
  returns bigint
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  v_key app.queue_idempotency;
begin
  select * into strict v_key from app.queue_idempotency where shard = p_shard and queue = p_queue and key = p_key;
  if v_key.fingerprint <> p_fingerprint then
    raise exception sqlstate 'SB409'
      using message = format('the idempotency key %s of queue %s was used for other work', p_key, p_queue),
            hint = 'use a new key for new work';
  end if;
  return v_key.seq;
end;
$$;

revoke execute on function app.known_queue_key from public;
grant execute on function app.known_queue_key to service_role;

-- 40_queue/lift_lanes.sql
-- What new work means for lanes that have some already: the greater urgency counts, and a burst that waits for quiet waits
-- until p_quiet_until (null: nobody asked for quiet), at most p_max_wait after its first message.
-- p_lanes: in ascending order. The plan is pinned (lanes by `= any`, then a hash join): one made while the queue was empty
-- must not read all of it later.
-- Locks: ready rows, in ascending order; the caller holds the lanes. Called by: enqueue_messages.
create function app.lift_lanes (
  p_shard       smallint,
  p_queue       app.queue_name,
  p_lanes       uuid[],
  p_urgencies   smallint[],
  p_quiet_until timestamptz,
  p_max_wait    interval
)
  returns void
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_nestloop = off
  set enable_mergejoin = off
as $$
begin
  update app.queue_ready r
     set at          = case when p_quiet_until is not null and r.leased_by is null and r.tries = 0 and r.parked_at is null
                            then least(p_quiet_until, r.burst_at + p_max_wait) else r.at end,
         quiet_until = coalesce(p_quiet_until, r.quiet_until),
         priority    = greatest(r.priority, x.urgency)
    from unnest(p_lanes, p_urgencies) as x (lane_id, urgency)
   where r.shard = p_shard and r.queue = p_queue and r.lane_id = any (p_lanes) and r.lane_id = x.lane_id
     and (r.priority < x.urgency or p_quiet_until is not null);
end;
$$;

revoke execute on function app.lift_lanes from public;
grant execute on function app.lift_lanes to service_role;

-- 40_queue/list_dead_letters.sql
-- The dead letters about which nothing was decided yet, oldest first, without their payloads; get_dead_letter has those.
-- p_queue, p_tenant_id, p_since (died then or later), p_code (of the error): null: any. p_after_at, p_after_id: dead_at and
-- id of the last letter of the page before. Called by: replay_dead_letters, discard_dead_letters, people.
create function app.list_dead_letters (
  p_shard     smallint,
  p_queue     app.queue_name        default null,
  p_tenant_id uuid        default null,
  p_since     timestamptz default null,
  p_code      text        default null,
  p_limit     integer     default 100,
  p_after_at  timestamptz default null,
  p_after_id  uuid        default null
)
  returns table (
    id             uuid,
    queue          app.queue_name,
    lane_id        uuid,
    seq            bigint,
    tenant_id      uuid,
    kind           text,
    correlation_id text,
    tries          smallint,
    error          jsonb,
    enqueued_at    timestamptz,
    dead_at        timestamptz
  )
  language sql
  stable
  set search_path = ''
as $$
  select d.id, d.queue, d.lane_id, d.seq, d.tenant_id, d.kind, d.correlation_id, d.tries, d.error, d.enqueued_at, d.dead_at
    from app.queue_dead_letter d
   where d.shard = p_shard and d.replayed_at is null and d.discarded_at is null
     and (p_queue is null or d.queue = p_queue)
     and (p_tenant_id is null or d.tenant_id = p_tenant_id)
     and (p_code is null or d.error ->> 'code' = p_code)
     and d.dead_at >= coalesce(p_since, '-infinity')
     and (d.dead_at, d.id) > (coalesce(p_after_at, '-infinity'), coalesce(p_after_id, '00000000-0000-0000-0000-000000000000'))
   order by d.dead_at, d.id
   limit p_limit;
$$;

revoke execute on function app.list_dead_letters from public;
grant execute on function app.list_dead_letters to service_role;

-- 40_queue/lock_dead_letters.sql
-- Locks the dead letters that a filter finds and nobody else holds. Parameters as for list_dead_letters.
-- Locks: letters with skip locked. Called by: replay_dead_letters, discard_dead_letters.
create function app.lock_dead_letters (
  p_shard     smallint,
  p_queue     app.queue_name,
  p_tenant_id uuid,
  p_since     timestamptz,
  p_code      text,
  p_limit     integer
)
  returns setof app.queue_dead_letter
  language sql
  set search_path = ''
as $$
  select d.*
    from app.queue_dead_letter d
   where d.shard = p_shard and d.replayed_at is null and d.discarded_at is null
     and d.id in (select l.id from app.list_dead_letters(p_shard, p_queue, p_tenant_id, p_since, p_code, p_limit) as l)
     for update skip locked;
$$;

revoke execute on function app.lock_dead_letters from public;
grant execute on function app.lock_dead_letters to service_role;

-- 40_queue/lock_due_lanes.sql
-- Locks lanes that are due: of each tenant up to its share, the tenants in their order, within a tenant the greater
-- priority first (p_low: the lesser one), then the longest waiting; p_limit in all.
-- p_after: as for pick_lanes. p_not: ready rows that are locked already.
-- rows, owners: the lanes' ready rows, none twice, and the tenant of each.
-- Locks: ready rows with skip locked. Called by: pick_lanes_fairly.
create function app.lock_due_lanes (
  p_shard   smallint,
  p_queue   app.queue_name,
  p_tenants uuid[],
  p_shares  integer[],
  p_limit   integer,
  p_low     boolean,
  p_after   timestamptz default '-infinity',
  p_not     tid[]    default '{}',
  out rows   tid[],
  out owners uuid[]
)
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_sort = off
as $$
declare
  v_now   timestamptz := app.now();
  v_first integer := case when p_low then 0 else 9 end;
begin
  select coalesce(array_agg(x.ctid), '{}'), coalesce(array_agg(x.tenant_id), '{}')
    into rows, owners
    from (
      select d.ctid, s.tenant_id
        from unnest(p_tenants, p_shares) as s (tenant_id, share)
        cross join lateral (
          select r.ctid
            from generate_series(v_first, 9 - v_first, case when p_low then 1 else -1 end) as p (priority)
            cross join lateral (
              select r.ctid
                from app.queue_ready r
               where r.shard = p_shard and r.queue = p_queue and r.tenant_id = s.tenant_id and r.priority = p.priority
                 and r.at <= (select v_now) and r.at >= p_after and r.leased_by is null and r.parked_at is null and r.ctid <> all (p_not)
               order by r.at
               limit s.share
                 for update skip locked) as r
           limit s.share) as d
       limit p_limit) as x;
end;
$$;

revoke execute on function app.lock_due_lanes from public;
grant execute on function app.lock_due_lanes to service_role;

-- 40_queue/next_queue_at.sql
-- When the next lane of a queue becomes claimable, or the next scheduled work is due; null when nothing waits, or the
-- queue is paused. In the past: now. p_after: as for get_next_queue_message. Called by: commons/work, to sleep no longer
-- than it may; call_queue_worker.
create function app.next_queue_at (
  p_shard smallint,
  p_queue app.queue_name,
  p_after timestamptz default '-infinity'
)
  returns timestamptz
  language sql
  stable
  set search_path = ''
as $$
  select least(
           (select r.at from app.queue_ready r
             where r.shard = p_shard and r.queue = p_queue and r.leased_by is null and r.at >= p_after and r.at < 'infinity'
             order by r.at limit 1),
           (select r.at from app.queue_ready r
             where r.shard = p_shard and r.queue = p_queue and r.leased_by is not null order by r.at limit 1),
           (select s.run_at from app.queue_scheduled s
             where s.shard = p_shard and s.queue = p_queue order by s.run_at limit 1))
   where not exists (select from app.queue_pause p
                      where p.shard = p_shard and p.queue = p_queue and p.tenant_id = '00000000-0000-0000-0000-000000000000'
                        and p.lane_id = '00000000-0000-0000-0000-000000000000');
$$;

revoke execute on function app.next_queue_at from public;
grant execute on function app.next_queue_at to service_role;

-- 40_queue/next_queue_messages.sql
-- One step of a worker's loop in one transaction: gives back what is done (complete_queue_lanes), then claims more
-- (get_next_queue_message). Lanes with more behind them stay in hand, under a new lease, when nobody else waits for a
-- worker and nothing is paused: that is one write instead of two.
-- p_done_*: the lanes that are done, as for complete_queue_lanes; stale ones among them are passed over: somebody else
-- has them. The other parameters and what it returns: as for get_next_queue_message; no more than p_lanes in all.
-- Raises SB400 and 40001 as complete_queue_lanes does. Locks: as both, one after the other. Called by: workers with batches.
create function app.next_queue_messages (
  p_shard       smallint,
  p_queue       app.queue_name,
  p_worker      text,
  p_lanes       integer,
  p_per_lane    integer,
  p_lease       interval,
  p_done_tokens bigint[],
  p_done_uptos  bigint[],
  p_after       timestamptz default '-infinity',
  p_max_claims  integer     default 20
)
  returns table (
    lane_id        uuid,
    token          bigint,
    tries          smallint,
    since          timestamptz,
    tenant_id      uuid,
    seq            bigint,
    kind           text,
    payload        jsonb,
    correlation_id text,
    enqueued_at    timestamptz
  )
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
as $$
declare
  v_now  timestamptz := app.now();
  v_keep boolean;
  v_done record;
  v_kept integer := 0;
begin
  if cardinality(p_done_tokens) > 0 then
    v_keep := p_lanes >= cardinality(p_done_tokens)
      and not exists (select from app.queue_pause p where p.shard = p_shard and p.queue = p_queue)
      and not exists (select from app.queue_ready r
                       where r.shard = p_shard and r.queue = p_queue and r.at <= v_now and r.at >= p_after and r.at < 'infinity' and r.leased_by is null)
      and not exists (select from app.queue_ready r
                       where r.shard = p_shard and r.queue = p_queue and r.at <= v_now and r.leased_by is not null and r.token <> all (p_done_tokens));
    v_done := app.complete_queue_lanes(p_shard, p_queue, p_done_tokens, p_done_uptos,
      p_worker => case when v_keep then p_worker end, p_lease => p_lease, p_per_lane => p_per_lane);
    v_kept := coalesce(cardinality(v_done.kept_lanes), 0);
    if v_kept > 0 then
      return query
      select s.lane_id, s.token, 1::smallint, null::timestamptz, m.tenant_id, m.seq, m.kind, m.payload, m.correlation_id, m.enqueued_at
        from unnest(v_done.kept_lanes, v_done.kept_tokens, v_done.kept_dones) as s (lane_id, token, done)
        cross join lateral (
          select q.tenant_id, q.seq, q.kind, q.payload, q.correlation_id, q.enqueued_at
            from app.message_queue q
           where q.shard = p_shard and q.queue = p_queue and q.lane_id = s.lane_id and q.seq > s.done and q.seq <= s.done + p_per_lane
           order by q.seq
           limit p_per_lane) as m;
    end if;
  end if;

  if p_lanes > v_kept then
    return query
    select * from app.get_next_queue_message(p_shard, p_queue, p_worker, p_lanes - v_kept, p_per_lane, p_lease, p_max_claims, p_after);
  end if;
end;
$$;

revoke execute on function app.next_queue_messages from public;
grant execute on function app.next_queue_messages to service_role;

-- 40_queue/note_queue_keys.sql
-- Writes down under which number in its lane the work of each key stands. The plan is pinned, as in lift_lanes.
-- Locks: the keys; the caller has taken them. Called by: enqueue_messages.
create function app.note_queue_keys (
  p_shard smallint,
  p_queue app.queue_name,
  p_keys  text[],
  p_seqs  bigint[]
)
  returns void
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_nestloop = off
  set enable_mergejoin = off
as $$
begin
  update app.queue_idempotency k
     set seq = x.seq
    from unnest(p_keys, p_seqs) as x (key, seq)
   where k.shard = p_shard and k.queue = p_queue and k.key = any (p_keys) and k.key = x.key;
end;
$$;

revoke execute on function app.note_queue_keys from public;
grant execute on function app.note_queue_keys to service_role;

-- 40_queue/note_turns.sql
-- Writes down how much the tenants of a claim have had: to the pass of each, 1 / weight for every time that it stands in
-- p_owners. A turn that somebody else is just writing is left out: over many claims that is the same for all.
-- p_tenants, p_pass, p_weight: the tenants with their pass so far and their weight, in the same order.
-- Locks: turns, in ascending order when they are new, else only when they are free. Called by: pick_lanes_fairly.
create function app.note_turns (
  p_shard   smallint,
  p_queue   app.queue_name,
  p_tenants uuid[],
  p_pass    double precision[],
  p_weight  integer[],
  p_owners  uuid[]
)
  returns void
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_served uuid[];
  v_passes double precision[];
  v_free   uuid[];
begin
  select array_agg(s.id order by s.id), array_agg(s.pass + s.lanes / s.weight order by s.id)
    into v_served, v_passes
    from (
      select t.id, t.pass, t.weight, count(*)::double precision as lanes
        from unnest(p_owners) as o (tenant_id)
        join unnest(p_tenants, p_pass, p_weight) as t (id, pass, weight) on t.id = o.tenant_id
       group by t.id, t.pass, t.weight
    ) as s;

  select array_agg(f.tenant_id) into v_free
    from (select q.tenant_id from app.queue_tenant q
           where q.shard = p_shard and q.queue = p_queue and q.tenant_id = any (v_served) for update skip locked) as f;
  update app.queue_tenant q
     set pass = s.pass
    from unnest(v_served, v_passes) as s (id, pass)
   where q.shard = p_shard and q.queue = p_queue and q.tenant_id = any (v_free) and q.tenant_id = s.id;

  if coalesce(cardinality(v_free), 0) < cardinality(v_served) then
    insert into app.queue_tenant (shard, queue, tenant_id, pass)
    select p_shard, p_queue, s.id, s.pass
      from unnest(v_served, v_passes) as s (id, pass)
     where not exists (select from app.queue_tenant q where q.shard = p_shard and q.queue = p_queue and q.tenant_id = s.id)
     order by s.id
    on conflict do nothing;
  end if;
end;
$$;

revoke execute on function app.note_turns from public;
grant execute on function app.note_turns to service_role;

-- 40_queue/open_dead_letter.sql
-- Locks a dead letter about which nothing was decided yet.
-- Raises SB404 when there is none, SB409 when it was replayed or discarded. Locks: the letter.
-- Called by: replay_dead_letter, discard_dead_letter.
create function app.open_dead_letter (
  p_shard smallint,
  p_id    uuid
)
  returns app.queue_dead_letter
  language plpgsql
  set search_path = ''
as $$
declare
  v_letter app.queue_dead_letter;
begin
  select * into v_letter from app.queue_dead_letter where shard = p_shard and id = p_id for update;
  if not found then
    raise exception sqlstate 'SB404' using message = format('there is no dead letter %s in shard %s', p_id, p_shard);
  end if;
  if v_letter.replayed_at is not null then
    raise exception sqlstate 'SB409' using message = format('dead letter %s was replayed at %s', p_id, v_letter.replayed_at);
  end if;
  if v_letter.discarded_at is not null then
    raise exception sqlstate 'SB409'
      using message = format('dead letter %s was discarded at %s: %s', p_id, v_letter.discarded_at, v_letter.discard_reason);
  end if;
  return v_letter;
end;
$$;

revoke execute on function app.open_dead_letter from public;
grant execute on function app.open_dead_letter to service_role;

-- 40_queue/outbound_id.sql
-- The outbound message that a piece of work speaks of; null when its payload names none.
-- Called by: outbound_ids, replay_dead_letter, cancel_queue_messages.
create function app.outbound_id (
  p_payload jsonb
)
  returns uuid
  language sql
  immutable
  set search_path = ''
as $$
  select case when p_payload ->> 'outbound_id' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then (p_payload ->> 'outbound_id')::uuid end;
$$;

revoke execute on function app.outbound_id from public;
grant execute on function app.outbound_id to service_role;

-- 40_queue/outbound_ids.sql
-- The outbound messages that the work in an outbound lane up to p_upto speaks of.
-- Called by: schedule_message_retry, try_lock_lane, cancel_queue_messages.
create function app.outbound_ids (
  p_shard   smallint,
  p_lane_id uuid,
  p_upto    bigint
)
  returns uuid[]
  language sql
  stable
  set search_path = ''
as $$
  select coalesce(array_agg(app.outbound_id(q.payload) order by q.seq), '{}')
    from app.message_queue q
   where q.shard = p_shard and q.queue = 'outbound' and q.lane_id = p_lane_id and q.seq <= p_upto
     and app.outbound_id(q.payload) is not null;
$$;

revoke execute on function app.outbound_ids from public;
grant execute on function app.outbound_ids to service_role;

-- 40_queue/park_lanes.sql
-- Puts those of p_rows, ready rows that the caller has locked, that a pause keeps back aside, with their time kept, so
-- that no claim looks at them again until somebody resumes them. A lease that ran out ends with it.
-- Returns how many. A pause that is just being lifted keeps nothing back. Locks: the pauses (for share), only when they
-- are free; the caller holds the ready rows. Called by: get_next_queue_message.
create function app.park_lanes (
  p_shard smallint,
  p_queue app.queue_name,
  p_rows  tid[]
)
  returns integer
  language plpgsql
  set search_path = ''
as $$
declare
  v_nil    uuid := '00000000-0000-0000-0000-000000000000';
  v_parked integer;
begin
  -- Whoever lifts a pause waits for us here, and then finds what we have put aside.
  perform from app.queue_pause p
    where p.shard = p_shard and p.queue = p_queue and (
      (p.lane_id = v_nil and p.tenant_id in (select r.tenant_id from app.queue_ready r
        where r.ctid = any (p_rows)))
      or (p.tenant_id = v_nil and p.lane_id in (select r.lane_id from app.queue_ready r where r.ctid = any (p_rows))))
      for share skip locked;

  update app.queue_ready r
     set parked_at = r.at, at = 'infinity', leased_by = null, token = null, upto = null
   where r.ctid = any (p_rows) and r.at <= app.now()
     and exists (select from app.queue_pause p
                  where p.shard = p_shard and p.queue = p_queue and p.lane_id in (v_nil, r.lane_id)
                    and p.tenant_id in (v_nil, r.tenant_id));
  get diagnostics v_parked = row_count;
  return v_parked;
end;
$$;

revoke execute on function app.park_lanes from public;
grant execute on function app.park_lanes to service_role;

-- 40_queue/pause_queue.sql
-- Keeps back the work of a queue, of one tenant in it (p_tenant_id) or of one lane (p_lane_id) until resume_queue. What
-- is leased goes on to its end; what becomes ready meanwhile is put aside when a claim meets it.
-- p_reason: for people. Idempotent: the first reason stays. Raises SB400 when both a tenant and a lane are named.
-- Locks: the pause, then ready rows of the tenant or lane with skip locked. Called by: people.
create function app.pause_queue (
  p_shard     smallint,
  p_queue     app.queue_name,
  p_reason    text,
  p_tenant_id uuid default null,
  p_lane_id   uuid default null
)
  returns void
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_nil   uuid := '00000000-0000-0000-0000-000000000000';
  v_lanes uuid[];
begin
  if p_tenant_id is not null and p_lane_id is not null then
    raise exception sqlstate 'SB400' using message = 'name a tenant or a lane to pause, not both';
  end if;
  insert into app.queue_pause (shard, queue, tenant_id, lane_id, reason, paused_at)
  values (p_shard, p_queue, coalesce(p_tenant_id, v_nil), coalesce(p_lane_id, v_nil), p_reason, app.now())
  on conflict do nothing;
  if p_tenant_id is null and p_lane_id is null then
    return;
  end if;

  select array_agg(x.lane_id) into v_lanes
    from (select r.lane_id from app.queue_ready r
           where r.shard = p_shard and r.queue = p_queue and r.leased_by is null and r.parked_at is null
             and (r.tenant_id = p_tenant_id or p_tenant_id is null) and (r.lane_id = p_lane_id or p_lane_id is null)
             for update skip locked) as x;
  update app.queue_ready r
     set parked_at = r.at, at = 'infinity'
   where r.shard = p_shard and r.queue = p_queue and r.lane_id = any (v_lanes);
end;
$$;

revoke execute on function app.pause_queue from public;
grant execute on function app.pause_queue to service_role;

-- 40_queue/pick_lanes.sql
-- Locks up to p_lanes lanes of a queue for a claim: first those whose lease ran out, then those that are due. When no more
-- are due than it may take, and no tenant among them has a cap, it takes them all; else it shares them out
-- (pick_lanes_fairly).
-- p_after: nothing that is due has been so since before then, as far as the caller knows.
-- rows: the lanes' ready rows in the order in which they were picked; null when there are none. since: when the one
-- that has waited longest became due, for the next claim's p_after; null when there was none.
-- Locks: the queue's limit, only when it is free; ready rows with skip locked. Called by: get_next_queue_message.
create function app.pick_lanes (
  p_shard smallint,
  p_queue app.queue_name,
  p_lanes integer,
  p_after timestamptz default '-infinity',
  out rows  tid[],
  out since timestamptz
)
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_sort = off
as $$
declare
  v_now     timestamptz := app.now();
  v_room    integer := coalesce(app.claim_room(p_shard, p_queue), p_lanes);
  v_due     integer;
  v_tenants uuid[];
  v_more    tid[];
begin
  select array_agg(d.ctid)
    into rows
    from (select r.ctid from app.queue_ready r
           where r.shard = p_shard and r.queue = p_queue and r.leased_by is not null and r.at <= v_now
           order by r.at limit p_lanes
             for update skip locked) as d;
  v_room := least(v_room, p_lanes - coalesce(cardinality(rows), 0));
  if v_room <= 0 then
    return;
  end if;

  select count(*), array_agg(distinct d.tenant_id), min(d.at)
    into v_due, v_tenants, since
    from (select r.tenant_id, r.at from app.queue_ready r
           where r.shard = p_shard and r.queue = p_queue and r.at <= v_now and r.at >= p_after and r.at < 'infinity' and r.leased_by is null
           order by r.at limit v_room + 1) as d;
  if v_due = 0 then
    return;
  end if;

  if v_due > v_room or exists (select from public.tenants t where t.id = any (v_tenants) and t.max_concurrency is not null) then
    v_more := app.pick_lanes_fairly(p_shard, p_queue, v_room, v_tenants, p_after);
  else
    select array_agg(d.ctid)
      into v_more
      from (select r.ctid from app.queue_ready r
             where r.shard = p_shard and r.queue = p_queue and r.at <= v_now and r.at >= p_after and r.at < 'infinity' and r.leased_by is null
             order by r.at limit v_room
               for update skip locked) as d;
  end if;
  rows := rows || v_more;
end;
$$;

revoke execute on function app.pick_lanes from public;
grant execute on function app.pick_lanes to service_role;

-- 40_queue/pick_lanes_fairly.sql
-- Shares p_lanes lanes out among the tenants that have lanes due: each gets its part by weight, whoever has had the least
-- so far comes first, and within a tenant the greater priority, then the longest waiting; every 16th claim turns the
-- priorities round, so that the least one moves on too. What is left over goes to those without a cap in the same order.
-- A tenant without work saves nothing up: it comes back at most 64 lanes (by weight) behind the others.
-- Looks at a bounded number of tenants and lanes, however many wait.
-- p_known: tenants with lanes due, to look at in any case. p_after: as for pick_lanes.
-- Returns ready rows; null when there are none.
-- Locks: the turns of capped tenants only when they are free, ready rows with skip locked, then the turns of those that
-- were served, when free. Called by: pick_lanes.
create function app.pick_lanes_fairly (
  p_shard smallint,
  p_queue app.queue_name,
  p_lanes integer,
  p_known uuid[],
  p_after timestamptz default '-infinity'
)
  returns tid[]
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
as $$
declare
  v_turn    bigint := nextval('app.queue_turn');
  v_due     uuid[] := p_known || app.due_tenants(p_shard, p_queue,
    app.visit_tenants(p_shard, p_queue, v_turn, p_known, greatest(8, least(p_lanes, 32) - cardinality(p_known))));
  v_room    jsonb := app.tenant_room(p_shard, p_queue, v_due);
  v_share   integer[];
  v_pass    double precision[];
  v_weight  integer[];
  v_picked  record;
  v_more    record;
begin
  with turn as (
    select d.id, coalesce((v_room ->> d.id::text)::integer, p_lanes) as room,
           coalesce((select t.weight from public.tenants t where t.id = d.id), 1) as weight,
           coalesce((select q.pass from app.queue_tenant q
                      where q.shard = p_shard and q.queue = p_queue and q.tenant_id = d.id), 0) as pass
      from unnest(v_due) as d (id)
  ), share as (
    select t.id, t.weight, greatest(t.pass, max(t.pass) over () - 64.0 / t.weight) as pass,
           least(t.room, ceil(p_lanes * t.weight / sum(t.weight) over ()))::integer as share
      from turn t where t.room > 0
  )
  select array_agg(s.id order by s.pass, s.id), array_agg(s.share order by s.pass, s.id),
         array_agg(s.pass order by s.pass, s.id), array_agg(s.weight order by s.pass, s.id)
    into v_due, v_share, v_pass, v_weight
    from share s;

  v_picked := app.lock_due_lanes(p_shard, p_queue, v_due, v_share, p_lanes, v_turn % 16 = 0, p_after);
  if cardinality(v_due) > 1 and cardinality(v_picked.rows) < p_lanes then
    v_share := array(select case when v_room ? d.id::text then 0 else p_lanes end from unnest(v_due) with ordinality as d (id, n) order by d.n);
    v_more := app.lock_due_lanes(p_shard, p_queue, v_due, v_share, p_lanes - cardinality(v_picked.rows), v_turn % 16 = 0, p_after, v_picked.rows);
    v_picked.rows := v_picked.rows || v_more.rows;
    v_picked.owners := v_picked.owners || v_more.owners;
  end if;
  if cardinality(v_due) > 1 then
    perform app.note_turns(p_shard, p_queue, v_due, v_pass, v_weight, v_picked.owners);
  end if;
  return nullif(v_picked.rows, '{}');
end;
$$;

revoke execute on function app.pick_lanes_fairly from public;
grant execute on function app.pick_lanes_fairly to service_role;

-- 40_queue/promote_scheduled.sql
-- Moves scheduled work whose time has come to the ends of its lanes, in the order of its times; at most p_limit pieces.
-- One caller at a time does it for a shard, so that the order holds; the others get 0 at once.
-- Returns how many were moved. Idempotent. Locks: one promoter a shard (advisory, never waited for), the scheduled rows
-- with skip locked, then as enqueue_messages, queue after queue in ascending order.
-- Called by: the workers' loop, sweep.
create function app.promote_scheduled (
  p_shard smallint,
  p_limit integer default 1000
)
  returns integer
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_now      timestamptz := app.now(); -- once: a volatile function in the condition would keep the index from ending the search
  v_queue    app.queue_name;
  v_messages jsonb;
  v_moved    integer := 0;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('switchboard promote_scheduled', p_shard)) then
    return 0;
  end if;

  for v_queue, v_messages in
    with due as materialized (
      select s.id from app.queue_scheduled s
       where s.shard = p_shard and s.run_at <= v_now
       order by s.run_at, s.id
       limit p_limit
         for update skip locked
    ), gone as (
      delete from app.queue_scheduled s where s.shard = p_shard and s.id = any (array(select due.id from due))
      returning s.*
    )
    select g.queue, jsonb_agg(jsonb_build_object('lane_id', g.lane_id, 'tenant_id', g.tenant_id, 'kind', g.kind, 'payload', g.payload,
             'correlation_id', g.correlation_id, 'priority', g.priority, 'promoted_key', g.idempotency_key) order by g.run_at, g.id)
      from gone g group by g.queue order by g.queue
  loop
    v_moved := v_moved + app.enqueue_messages(p_shard, v_queue, v_messages);
  end loop;
  return v_moved;
end;
$$;

revoke execute on function app.promote_scheduled from public;
grant execute on function app.promote_scheduled to service_role;

-- 40_queue/recheck_lanes.sql
-- Looks again, under their locks, at lanes that seemed to run empty and whose tail was further than that: more had come, or
-- the numbers at their end were cancelled. The latter are marked idle.
-- p_lanes, p_uptos, p_nexts, p_firsts: the lanes of complete_queue_lanes, in ascending order, with what is behind p_upto;
-- p_idle: those without a next one that are settled already.
-- nexts, firsts: the same lists, brought up to date. Raises SB400 when a p_upto was never enqueued.
-- Locks: lanes in ascending order. Called by: complete_queue_lanes.
create function app.recheck_lanes (
  p_shard  smallint,
  p_queue  app.queue_name,
  p_lanes  uuid[],
  p_uptos  bigint[],
  p_nexts  bigint[],
  p_firsts timestamptz[],
  p_idle   uuid[],
  out nexts  bigint[],
  out firsts timestamptz[]
)
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
  set enable_nestloop = off
  set enable_mergejoin = off
as $$
declare
  v_open  uuid[] := array(select x.lane_id from unnest(p_lanes, p_nexts) as x (lane_id, next)
                           where x.next is null and x.lane_id <> all (coalesce(p_idle, '{}')));
  v_wrong record;
begin
  perform from app.queue_lane l
    where l.shard = p_shard and l.queue = p_queue and l.lane_id = any (v_open) order by l.lane_id for update;

  -- Statements of their own: they see what was committed while the one before waited for lanes.
  select x.lane_id, x.upto into v_wrong
    from unnest(p_lanes, p_uptos) as x (lane_id, upto)
    join app.queue_lane l on l.shard = p_shard and l.queue = p_queue and l.lane_id = x.lane_id
   where l.lane_id = any (v_open) and x.upto > l.tail
   limit 1;
  if found then
    raise exception sqlstate 'SB400'
      using message = format('message %s of lane %s was never enqueued', v_wrong.upto, v_wrong.lane_id);
  end if;

  select array_agg(coalesce(x.next, m.seq) order by x.n), array_agg(coalesce(x.first, m.enqueued_at) order by x.n)
    into nexts, firsts
    from unnest(p_lanes, p_uptos, p_nexts, p_firsts) with ordinality as x (lane_id, upto, next, first, n)
    left join lateral (
      select q.seq, q.enqueued_at from app.message_queue q
       where q.shard = p_shard and q.queue = p_queue and q.lane_id = x.lane_id and q.seq > x.upto
       order by q.seq limit 1) as m on x.lane_id = any (v_open);

  update app.queue_lane l
     set idle_at = l.tail
    from unnest(p_lanes, nexts) as x (lane_id, next)
   where x.next is null and l.lane_id = any (v_open) and l.shard = p_shard and l.queue = p_queue and l.lane_id = x.lane_id;
end;
$$;

revoke execute on function app.recheck_lanes from public;
grant execute on function app.recheck_lanes to service_role;

-- 40_queue/release_conversation_lock.sql
-- Gives the lease of acquire_conversation_lock back. Returns whether it was still the caller's. Idempotent.
-- Locks: the lease's row. Called by: whoever acquired it.
create function app.release_conversation_lock (
  p_shard           smallint,
  p_conversation_id uuid,
  p_owner           text,
  p_token           bigint
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
begin
  return app.release_lease(p_shard, 'conversation', p_conversation_id::text, p_owner, p_token);
end;
$$;

revoke execute on function app.release_conversation_lock from public;
grant execute on function app.release_conversation_lock to service_role;

-- 40_queue/release_lane.sql
-- Moves a lane's cursor to p_upto and gives the lease back: the lane goes idle when nothing is behind the cursor, else
-- it is ready at p_at (null: at once, or when the burst behind the cursor has come to rest). Numbers that were cancelled
-- are passed over.
-- p_tries: tries of the new head so far. p_max_wait: as for enqueue_message.
-- Whether there is more is decided by the lane's tail under its lock, so no wake-up is lost.
-- Raises SB400 when p_upto is past the tail: a cursor there would pass over work that is still to come.
-- Locks: none of its own; the caller holds lane and ready through assert_lease.
-- Called by: complete_queue_messages, schedule_message_retry, hold_lane, cancel_queue_messages, bury_lost_lane,
-- supersede_turn.
create function app.release_lane (
  p_ready    app.queue_ready,
  p_upto     bigint,
  p_at       timestamptz default null,
  p_tries    smallint    default 0::smallint,
  p_max_wait interval    default '0'
)
  returns void
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_now   timestamptz := app.now();
  v_tail  bigint;
  v_seq   bigint;
  v_first timestamptz;
  v_at    timestamptz;
begin
  select l.tail into v_tail
    from app.queue_lane l
   where l.shard = p_ready.shard and l.queue = p_ready.queue and l.lane_id = p_ready.lane_id;
  if p_upto > v_tail then
    raise exception sqlstate 'SB400'
      using message = format('message %s of lane %s was never enqueued', p_upto, p_ready.lane_id);
  end if;

  if p_upto < v_tail then
    select q.seq, q.enqueued_at into v_seq, v_first
      from app.message_queue q
     where q.shard = p_ready.shard and q.queue = p_ready.queue and q.lane_id = p_ready.lane_id and q.seq > p_upto
     order by q.seq
     limit 1;
  end if;
  if v_seq is null then
    update app.queue_lane l set idle_at = v_tail
     where l.shard = p_ready.shard and l.queue = p_ready.queue and l.lane_id = p_ready.lane_id;
    delete from app.queue_ready r where r.shard = p_ready.shard and r.queue = p_ready.queue and r.lane_id = p_ready.lane_id;
    return;
  end if;

  update app.queue_ready r
     set at        = coalesce(p_at, greatest(v_now, least(coalesce(r.quiet_until, v_now), v_first + p_max_wait))),
         done      = v_seq - 1,
         tries     = p_tries,
         leased_by = null,
         token     = null,
         upto      = null,
         lost      = 0,
         parked_at = null,
         burst_at  = v_first
   where r.shard = p_ready.shard and r.queue = p_ready.queue and r.lane_id = p_ready.lane_id
  returning r.at into v_at;
  if v_at <= v_now then
    perform app.ring_doorbell(p_ready.queue);
  end if;
end;
$$;

revoke execute on function app.release_lane from public;
grant execute on function app.release_lane to service_role;

-- 40_queue/release_lease.sql
-- Gives a lease outside of the queues back. Returns whether it was still the caller's: false says that it ran out and
-- somebody else may have done the work. Idempotent. Locks: the lease's row.
-- Called by: release_message_lock, release_conversation_lock.
create function app.release_lease (
  p_shard smallint,
  p_kind  text,
  p_key   text,
  p_owner text,
  p_token bigint
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
begin
  delete from app.leases
   where shard = p_shard and kind = p_kind and key = p_key and owner = p_owner and token = p_token;
  return found;
end;
$$;

revoke execute on function app.release_lease from public;
grant execute on function app.release_lease to service_role;

-- 40_queue/release_message_lock.sql
-- Gives the lease of acquire_message_lock back. Returns whether it was still the caller's. Idempotent.
-- Locks: the lease's row. Called by: whoever acquired it.
create function app.release_message_lock (
  p_shard smallint,
  p_key   text,
  p_owner text,
  p_token bigint
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
begin
  return app.release_lease(p_shard, 'message', p_key, p_owner, p_token);
end;
$$;

revoke execute on function app.release_message_lock from public;
grant execute on function app.release_message_lock to service_role;

-- 40_queue/reopen_lane.sql
-- Puts messages that were done back in front of what waits in a lane, under the numbers that they had: what was done with
-- them was undone. The lane keeps its time.
-- p_first: the number of the first. p_messages: [{kind, payload, correlation_id, enqueued_at}], in order.
-- Raises SB409 when the lane does not wait, or the numbers are not behind its cursor. Locks: ready; the caller holds the
-- lane. Called by: recall_answer.
create function app.reopen_lane (
  p_shard    smallint,
  p_queue    app.queue_name,
  p_lane_id  uuid,
  p_first    bigint,
  p_messages jsonb
)
  returns void
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_ready app.queue_ready;
begin
  select * into v_ready
    from app.queue_ready
   where shard = p_shard and queue = p_queue and lane_id = p_lane_id and leased_by is null and done >= p_first - 1 + jsonb_array_length(p_messages)
     for update;
  if not found then
    raise exception sqlstate 'SB409' using message = format('the lane %s does not wait behind message %s with room for these', p_lane_id, p_first);
  end if;

  insert into app.message_queue (shard, queue, lane_id, seq, tenant_id, kind, payload, correlation_id, enqueued_at)
  select p_shard, p_queue, p_lane_id, p_first - 1 + m.ordinal, v_ready.tenant_id, m.message ->> 'kind', m.message -> 'payload',
         m.message ->> 'correlation_id', (m.message ->> 'enqueued_at')::timestamptz
    from jsonb_array_elements(p_messages) with ordinality as m (message, ordinal);

  update app.queue_ready
     set done = p_first - 1, burst_at = least(burst_at, (p_messages -> 0 ->> 'enqueued_at')::timestamptz)
   where shard = p_shard and queue = p_queue and lane_id = p_lane_id;
end;
$$;

revoke execute on function app.reopen_lane from public;
grant execute on function app.reopen_lane to service_role;

-- 40_queue/replay_dead_letter.sql
-- Puts a dead letter back at the end of its lane. A dead outbound message that is FAILED or PARKED becomes QUEUED again:
-- whoever replays one that is PARKED decides that it is to be sent, even if it may arrive twice.
-- Returns its new sequence number. Idempotent in effect: a letter is replayed once; a second call raises SB409, as for
-- one that was discarded. Raises SB404 when there is none.
-- Locks: the letter, outbound message, message, lane, ready. Called by: replay_dead_letters, people.
create function app.replay_dead_letter (
  p_shard smallint,
  p_id    uuid
)
  returns bigint
  language plpgsql
  set search_path = ''
as $$
declare
  v_letter app.queue_dead_letter := app.open_dead_letter(p_shard, p_id);
begin
  update app.queue_dead_letter set replayed_at = app.now() where shard = p_shard and id = p_id;

  if v_letter.queue = 'outbound' then
    perform from app.outbound_message where shard = p_shard and id = app.outbound_id(v_letter.payload) for update;
    perform app.forget_refusals(p_shard, o.id), app.set_outbound_status(p_shard, o.id, 'QUEUED')
       from app.outbound_message o
      where o.shard = p_shard and o.id = app.outbound_id(v_letter.payload) and o.status in ('FAILED', 'PARKED');
  end if;
  return app.enqueue_message(p_shard, v_letter.queue, v_letter.lane_id, v_letter.tenant_id, v_letter.kind,
    v_letter.payload, v_letter.correlation_id);
end;
$$;

revoke execute on function app.replay_dead_letter from public;
grant execute on function app.replay_dead_letter to service_role;

-- 40_queue/replay_dead_letters.sql
-- Replays the dead letters that a filter finds, oldest first, at most p_limit; as list_dead_letters and
-- replay_dead_letter. Letters that somebody else is deciding about are left to them. Returns how many.
-- Locks: letters with skip locked, then as replay_dead_letter, lanes in ascending order. Called by: people.
create function app.replay_dead_letters (
  p_shard     smallint,
  p_queue     app.queue_name        default null,
  p_tenant_id uuid        default null,
  p_since     timestamptz default null,
  p_code      text        default null,
  p_limit     integer     default 100
)
  returns integer
  language plpgsql
  set search_path = ''
as $$
declare
  v_id    uuid;
  v_count integer := 0;
begin
  for v_id in
    select x.id from app.lock_dead_letters(p_shard, p_queue, p_tenant_id, p_since, p_code, p_limit) as x
     order by x.queue, x.lane_id, x.dead_at, x.seq
  loop
    perform app.replay_dead_letter(p_shard, v_id);
    v_count := v_count + 1;
  end loop;
  return v_count;
end;
$$;

revoke execute on function app.replay_dead_letters from public;
grant execute on function app.replay_dead_letters to service_role;

-- 40_queue/resume_queue.sql
-- Lifts a pause that pause_queue made with the same parameters: what it kept back is claimable at its own time again.
-- What another pause covers too is put aside again by the next claim.
-- Returns whether there was such a pause. Idempotent. Locks: the pause, then the ready rows that it kept back.
-- Called by: people.
create function app.resume_queue (
  p_shard     smallint,
  p_queue     app.queue_name,
  p_tenant_id uuid default null,
  p_lane_id   uuid default null
)
  returns boolean
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_nil     uuid := '00000000-0000-0000-0000-000000000000';
  v_existed boolean;
begin
  delete from app.queue_pause
   where shard = p_shard and queue = p_queue and tenant_id = coalesce(p_tenant_id, v_nil) and lane_id = coalesce(p_lane_id, v_nil);
  v_existed := found;

  if p_tenant_id is not null or p_lane_id is not null then
    update app.queue_ready r
       set at = r.parked_at, parked_at = null
     where r.shard = p_shard and r.queue = p_queue and r.parked_at is not null
       and (r.tenant_id = p_tenant_id or p_tenant_id is null) and (r.lane_id = p_lane_id or p_lane_id is null);
  end if;
  perform app.ring_doorbell(p_queue);
  return v_existed;
end;
$$;

revoke execute on function app.resume_queue from public;
grant execute on function app.resume_queue to service_role;

-- 40_queue/ring_doorbell.sql
-- Wakes the workers of a queue as the transaction commits, when there are any that sleep. One that is about to fall
-- asleep looks again after its row is written, and soon after that, so a bell that nobody hung up yet is no loss.
-- Called by: enqueue_message, enqueue_messages, release_lane, wake_lane, resume_queue.
create function app.ring_doorbell (
  p_queue app.queue_name
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  if exists (select from app.queue_doorbell d where d.queue = p_queue and d.until > app.now()) then
    perform pg_notify('switchboard_queue', p_queue::text);
  end if;
end;
$$;

revoke execute on function app.ring_doorbell from public;
grant execute on function app.ring_doorbell to service_role;

-- 40_queue/runner_is_alive.sql
-- Whether a runner gave a sign of life within the last 15 seconds. Without one, the doors start the queue-worker
-- function themselves. plpgsql, because up to Postgres 17 an SQL function is planned anew in every transaction.
-- Called by: ingest_events, readiness.
create function app.runner_is_alive ()
  returns boolean
  language plpgsql
  volatile
  set search_path = ''
as $$
begin
  return exists (select from app.workers where kind = 'runner' and heartbeat_at > app.now() - interval '15 seconds');
end;
$$;

revoke execute on function app.runner_is_alive from public;
grant execute on function app.runner_is_alive to service_role;

-- 40_queue/schedule_message_retry.sql
-- Gives a leased lane back after a failure: its messages up to p_upto are tried again later, in their place at the head
-- of the lane; after p_max_tries they go to the dead letters with their reason and the lane moves on.
-- A dead outbound message says so: FAILED when it certainly never left, else PARKED until a person decides.
-- p_error: why, as errorToJson writes it. p_retry_after: what the other side asked for; null: exponential backoff.
-- Returns 'retry' or 'dead'. Raises SB001 when the lease is stale, SB400 when p_upto is done already or was never
-- enqueued. Locks: outbound message, lane, ready. Called by: fail_turn, bury_lost_lane, commons/handlers.
create function app.schedule_message_retry (
  p_shard       smallint,
  p_queue       app.queue_name,
  p_lane_id     uuid,
  p_token       bigint,
  p_upto        bigint,
  p_error       jsonb,
  p_max_tries   integer  default 12,
  p_retry_after interval default null
)
  returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_ready    app.queue_ready;
  v_outbound uuid[];
begin
  if p_queue = 'outbound' then
    v_outbound := app.outbound_ids(p_shard, p_lane_id, p_upto);
    perform from app.outbound_message where shard = p_shard and id = any (v_outbound) order by id for update;
  end if;
  v_ready := app.assert_lease(p_shard, p_queue, p_lane_id, p_token);
  if p_upto <= v_ready.done then
    raise exception sqlstate 'SB400'
      using message = format('message %s of lane %s is done already (cursor at %s)', p_upto, p_lane_id, v_ready.done);
  end if;

  if v_ready.tries < p_max_tries then
    perform app.release_lane(v_ready, v_ready.done, p_at => app.now() + coalesce(p_retry_after, app.backoff(v_ready.tries)),
      p_tries => v_ready.tries);
    return 'retry';
  end if;

  with dead as (
    delete from app.message_queue q
     where q.shard = p_shard and q.queue = p_queue and q.lane_id = p_lane_id and q.seq > v_ready.done and q.seq <= p_upto
    returning q.*
  )
  insert into app.queue_dead_letter
    (shard, queue, lane_id, seq, tenant_id, kind, payload, correlation_id, tries, error, enqueued_at, dead_at)
  select d.shard, d.queue, d.lane_id, d.seq, d.tenant_id, d.kind, d.payload, d.correlation_id, v_ready.tries, p_error,
         d.enqueued_at, app.now()
    from dead d
   order by d.seq;
  perform app.fail_dead_outbound(p_shard, v_outbound, p_error);
  perform app.release_lane(v_ready, p_upto);
  return 'dead';
end;
$$;

revoke execute on function app.schedule_message_retry from public;
grant execute on function app.schedule_message_retry to service_role;

-- 40_queue/set_doorbell.sql
-- Says that a worker sleeps for p_for at most and wants to be woken; null: it is awake and needs no bell. Who falls asleep
-- takes the bells of workers away that died in their sleep.
-- Idempotent. Locks: those bells with skip locked, the worker's own. Called by: commons/work, before and after a sleep.
create function app.set_doorbell (
  p_queue  app.queue_name,
  p_worker text,
  p_for    interval default null
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  if p_for is null then
    delete from app.queue_doorbell where queue = p_queue and worker = p_worker;
    return;
  end if;
  delete from app.queue_doorbell d where d.queue = p_queue and d.worker in (
    select x.worker from app.queue_doorbell x
     where x.queue = p_queue and x.until < app.now() - interval '1 minute' for update skip locked);
  insert into app.queue_doorbell as d (queue, worker, until)
  values (p_queue, p_worker, app.now() + p_for)
  on conflict (queue, worker) do update set until = excluded.until;
end;
$$;

revoke execute on function app.set_doorbell from public;
grant execute on function app.set_doorbell to service_role;

-- 40_queue/set_queue_limit.sql
-- Caps how many lanes of a queue may be leased at the same time; null takes the cap away. What is leased stays leased.
-- Idempotent. Locks: the limit. Called by: people.
create function app.set_queue_limit (
  p_shard           smallint,
  p_queue           app.queue_name,
  p_max_concurrency integer
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  delete from app.queue_limits where shard = p_shard and queue = p_queue and p_max_concurrency is null;
  insert into app.queue_limits (shard, queue, max_concurrency)
  select p_shard, p_queue, p_max_concurrency where p_max_concurrency is not null
  on conflict (shard, queue) do update set max_concurrency = excluded.max_concurrency;
end;
$$;

revoke execute on function app.set_queue_limit from public;
grant execute on function app.set_queue_limit to service_role;

-- 40_queue/tenant_room.sql
-- How many lanes of a queue the capped ones among p_tenants may still claim, as {"<tenant>": lanes}; who is not in it
-- has no cap. A lease that ran out counts: it is taken up again without being asked. While another claim counts for a tenant, it has no room here, so that the cap holds.
-- Locks: the turns of capped tenants, only when they are free. Called by: pick_lanes_fairly.
create function app.tenant_room (
  p_shard   smallint,
  p_queue   app.queue_name,
  p_tenants uuid[]
)
  returns jsonb
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_sort = off
as $$
declare
  v_capped uuid[];
  v_locked uuid[];
begin
  select array_agg(t.id order by t.id) into v_capped
    from public.tenants t where t.id = any (p_tenants) and t.max_concurrency is not null;
  if v_capped is null then
    return '{}';
  end if;

  insert into app.queue_tenant (shard, queue, tenant_id)
  select p_shard, p_queue, c.id from unnest(v_capped) as c (id)
  on conflict do nothing;
  select array_agg(l.tenant_id) into v_locked
    from (select q.tenant_id from app.queue_tenant q
           where q.shard = p_shard and q.queue = p_queue and q.tenant_id = any (v_capped)
             for update skip locked) as l;

  -- Counted by a statement of its own: it sees what the claim before us committed.
  return (
    select jsonb_object_agg(t.id, case when t.id = any (v_locked) then greatest(0, t.max_concurrency - (
             select count(*) from (
               select from app.queue_ready r
                where r.shard = p_shard and r.queue = p_queue and r.leased_by is not null and r.tenant_id = t.id
                limit t.max_concurrency) as l)) else 0 end)
      from public.tenants t where t.id = any (v_capped));
end;
$$;

revoke execute on function app.tenant_room from public;
grant execute on function app.tenant_room to service_role;

-- 40_queue/try_lock_lane.sql
-- Takes, without waiting, the locks that giving up the work of a lane needs: they stand before the ready row, which the
-- caller holds already. Returns whether it has them all; what it got it keeps until the transaction ends.
-- Called by: bury_lost_lane.
create function app.try_lock_lane (
  p_ready app.queue_ready
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
declare
  v_messages uuid[];
  v_locked   integer;
begin
  perform from public.conversations
    where shard = p_ready.shard and id = p_ready.lane_id for no key update skip locked;
  if not found and exists (select from public.conversations where shard = p_ready.shard and id = p_ready.lane_id) then
    return false;
  end if;

  if p_ready.queue = 'outbound' then
    v_messages := app.outbound_ids(p_ready.shard, p_ready.lane_id, p_ready.upto);
    perform from app.outbound_message where shard = p_ready.shard and id = any (v_messages) for update skip locked;
    get diagnostics v_locked = row_count;
    if v_locked < (select count(*) from app.outbound_message where shard = p_ready.shard and id = any (v_messages)) then
      return false;
    end if;
  end if;

  perform from app.queue_lane
    where shard = p_ready.shard and queue = p_ready.queue and lane_id = p_ready.lane_id for update skip locked;
  return found;
end;
$$;

revoke execute on function app.try_lock_lane from public;
grant execute on function app.try_lock_lane to service_role;

-- 40_queue/visit_tenants.sql
-- Which tenants a claim looks at besides those of p_known, who have waited longest: p_count with lanes in the queue, found
-- by one index descent each, from a point in the ring of all ids that moves on with every claim (p_turn), so that
-- everybody is visited again and again. Called by: pick_lanes_fairly.
create function app.visit_tenants (
  p_shard smallint,
  p_queue app.queue_name,
  p_turn  bigint,
  p_known uuid[],
  p_count integer default 32
)
  returns uuid[]
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_sort = off
as $$
declare
  -- Multiples of the golden ratio leave no gap unvisited for long.
  v_from    uuid := (lpad(to_hex((p_turn % 4294967296 * 2654435769) % 4294967296), 8, '0') || '000000000000000000000000')::uuid;
  v_at      uuid := v_from;
  v_wrapped boolean := false;
  v_next    uuid;
  v_found   uuid[] := '{}';
begin
  for n in 1 .. p_count loop
    select r.tenant_id into v_next
      from app.queue_ready r
     where r.shard = p_shard and r.queue = p_queue and r.tenant_id > v_at and r.leased_by is null and r.parked_at is null
     order by r.tenant_id
     limit 1;
    if v_next is null and not v_wrapped then
      v_wrapped := true;
      select r.tenant_id into v_next
        from app.queue_ready r
       where r.shard = p_shard and r.queue = p_queue and r.leased_by is null and r.parked_at is null
       order by r.tenant_id
       limit 1;
    end if;
    exit when v_next is null or (v_wrapped and v_next > v_from);
    v_at := v_next;
    if v_next <> all (p_known) then
      v_found := v_found || v_next;
    end if;
  end loop;
  return v_found;
end;
$$;

revoke execute on function app.visit_tenants from public;
grant execute on function app.visit_tenants to service_role;

-- 40_queue/wake_lane.sql
-- Makes a waiting lane claimable at once, because what it waited for has happened. A lane that is leased is left
-- alone: its worker is at it. One that a pause keeps back waits for nothing else from then on.
-- Idempotent. Locks: lane, ready. Called by: apply_outbound_status.
create function app.wake_lane (
  p_shard   smallint,
  p_queue   app.queue_name,
  p_lane_id uuid
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  perform from app.queue_lane where shard = p_shard and queue = p_queue and lane_id = p_lane_id for update;

  update app.queue_ready
     set at        = case when parked_at is null then app.now() else at end,
         parked_at = least(parked_at, case when parked_at is not null then app.now() end)
   where shard = p_shard and queue = p_queue and lane_id = p_lane_id and leased_by is null and at > app.now();
  if found then
    perform app.ring_doorbell(p_queue);
  end if;
end;
$$;

revoke execute on function app.wake_lane from public;
grant execute on function app.wake_lane to service_role;

-- 40_queue/worker_goodbye.sql
-- Forgets a worker process that stopped in order. Idempotent. Called by: the runner when it stops.
create function app.worker_goodbye (
  p_id text
)
  returns void
  language sql
  set search_path = ''
as $$
  delete from app.workers where id = p_id;
$$;

revoke execute on function app.worker_goodbye from public;
grant execute on function app.worker_goodbye to service_role;

-- 40_queue/worker_heartbeat.sql
-- Registers a worker process, or says that it is alive. Forgets workers that have been silent for an hour.
-- Idempotent. Called by: the runner every few seconds, the queue-worker function once a run.
create function app.worker_heartbeat (
  p_id     text,
  p_kind   text,
  p_detail jsonb default '{}'
)
  returns void
  language sql
  set search_path = ''
as $$
  delete from app.workers where heartbeat_at < app.now() - interval '1 hour';
  insert into app.workers (id, kind, detail, started_at, heartbeat_at)
  values (p_id, p_kind, p_detail, app.now(), app.now())
  on conflict (id) do update set detail = excluded.detail, heartbeat_at = excluded.heartbeat_at;
$$;

revoke execute on function app.worker_heartbeat from public;
grant execute on function app.worker_heartbeat to service_role;

-- 50_turns/10_turns.sql
-- A turn: the burst of messages that one answer covers. Its id stays the same however often it is tried.

create table app.turns (
  shard           smallint    not null default 0,
  id              uuid        not null default gen_random_uuid(),
  tenant_id       uuid        not null,
  conversation_id uuid        not null,
  -- Sequence numbers of the inbound lane.
  first_seq       bigint      not null,
  last_seq        bigint      not null,
  status          text        not null default 'working' check (status in ('working', 'answered', 'skipped', 'failed', 'superseded')),
  -- Why it was skipped, or superseded.
  reason          text,
  service         text        not null,
  endpoint        text,
  tries           smallint    not null default 1,
  -- How many answers in a row were dropped because the customer wrote more, and when the last one was.
  superseded      smallint    not null default 0,
  superseded_at   timestamptz,
  -- What all its answers cost, the dropped ones too.
  usage           jsonb       not null default '{}',
  error           jsonb,
  correlation_id  text        not null,
  -- When its first message came: bounds how long the customer may be kept waiting by writing more.
  burst_at        timestamptz not null default now(),
  claimed_at      timestamptz not null,
  agent_called_at timestamptz,
  agent_ms        integer,
  finished_at     timestamptz,
  primary key (shard, id),
  unique (shard, conversation_id, first_seq),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade,
  foreign key (shard, conversation_id) references public.conversations (shard, id) on delete cascade,
  check ((finished_at is null) = (status = 'working')),
  check (status <> 'failed' or error is not null),
  check ((superseded > 0) = (superseded_at is not null)),
  check (status <> 'superseded' or (superseded > 0 and reason is not null))
);
comment on table app.turns is 'Each burst that was, or is being, answered: at most one answer for each.';
create index turns_tenant on app.turns (shard, tenant_id);

alter table app.turns enable row level security;
grant select, insert, update, delete on app.turns to service_role;

-- 50_turns/add_usage.sql
-- What two answers cost together: numbers are added, lists put behind each other, of anything else the second counts.
-- Called by: complete_turn, supersede_turn.
create function app.add_usage (
  p_one jsonb,
  p_two jsonb
)
  returns jsonb
  language sql
  immutable
  set search_path = ''
as $$
  select p_one || p_two || coalesce(jsonb_object_agg(k.key,
           case jsonb_typeof(p_one -> k.key) when 'number' then to_jsonb((p_one ->> k.key)::numeric + (p_two ->> k.key)::numeric)
                                             else (p_one -> k.key) || (p_two -> k.key) end), '{}')
    from jsonb_object_keys(p_one) as k (key)
   where jsonb_typeof(p_one -> k.key) = jsonb_typeof(p_two -> k.key) and jsonb_typeof(p_one -> k.key) in ('number', 'array');
$$;

revoke execute on function app.add_usage from public;
grant execute on function app.add_usage to service_role;

-- 50_turns/complete_turn.sql
-- Ends a turn, in one transaction: the replies are stored and queued for sending in their order, the memory is updated, the
-- agent's wishes are carried out, the queue messages are done. A person who took over while the agent worked wins:
-- the replies are dropped and the turn counts as skipped; so does a customer who has opted out. A customer who wrote more makes the replies out of date: they are
-- dropped, and the turn is done again with all messages (is_superseded, supersede_turn).
-- Workflow steps are committed with the answer that they belong to, or not at all; when somebody else has moved a workflow
-- meanwhile, the answer is dropped like one that is out of date.
-- p_result: {replies: [{body, content}], actions: [{type: 'request_person', reason}], workflows (apply_workflow_steps), usage,
-- tool_calls: [{name, ms, ok}],
-- endpoint, called_at, ms, reason}. No replies: the turn is skipped, for `reason`.
-- Returns the number of replies queued; null when the turn was superseded. Raises SB001 when the lease is stale, and then nothing is written.
-- Locks: conversation, workflows, memory, then lane and ready of inbound, then of outbound. Called by: commons/handlers/turn.ts.
create function app.complete_turn (
  p_shard   smallint,
  p_lane_id uuid,
  p_token   bigint,
  p_upto    bigint,
  p_turn_id uuid,
  p_result  jsonb
)
  returns integer
  language plpgsql
  set search_path = ''
as $$
declare
  v_now          timestamptz := app.now();
  v_conversation public.conversations;
  v_tenant       public.tenants;
  v_turn         app.turns;
  v_ready        app.queue_ready;
  v_replies      jsonb := coalesce(p_result -> 'replies', '[]');
  v_reason       text := p_result ->> 'reason';
  v_steps        jsonb := coalesce(p_result -> 'workflows', '[]');
  v_hold_until   timestamptz;
  v_reply        jsonb;
  v_ordinal      bigint;
begin
  select * into strict v_conversation from public.conversations where shard = p_shard and id = p_lane_id for no key update;
  select * into strict v_tenant from public.tenants where shard = p_shard and id = v_conversation.tenant_id;
  select * into strict v_turn from app.turns where shard = p_shard and id = p_turn_id;

  if v_conversation.agent_paused_until > v_now then
    v_reason := case when v_replies <> '[]' then 'a person took over while the agent worked' else v_reason end;
    v_replies := '[]';
    v_steps := '[]';
    v_hold_until := v_conversation.agent_paused_until;
  elsif (v_replies <> '[]' or v_steps <> '[]') and app.consent_of(p_shard, v_conversation.contact_id) ->> 'all' = 'stop' then
    v_reason := 'the customer opted out while the agent worked';
    v_replies := '[]';
    v_steps := '[]';
  elsif exists (select from public.whatsapp_accounts where shard = p_shard and id = v_conversation.account_id and status <> 'active') then
    v_hold_until := v_now + interval '1 hour';
  end if;

  -- Under the conversation's lock nothing that a customer writes is added to the lane.
  select * into v_ready
    from app.queue_ready where shard = p_shard and queue = 'inbound' and lane_id = p_lane_id and token = p_token;
  if v_replies <> '[]' and app.is_superseded(v_ready, p_upto, v_turn) then
    perform app.supersede_turn(p_shard, p_lane_id, p_token, p_turn_id, p_result);
    return null;
  end if;
  if v_steps <> '[]' and not app.workflows_fit(p_shard, p_lane_id, v_steps) then
    perform app.supersede_turn(p_shard, p_lane_id, p_token, p_turn_id,
      p_result || '{"reason": "a workflow was ended or begun by somebody else while the agent worked"}');
    return null;
  end if;
  perform app.apply_workflow_steps(p_shard, p_lane_id, p_turn_id, v_steps);
  perform app.end_workflow_timers(p_shard, p_lane_id, v_turn.first_seq, p_upto, p_turn_id, v_hold_until);

  update public.messages m
     set turn_id = p_turn_id
    from app.message_queue q
   where q.shard = p_shard and q.queue = 'inbound' and q.lane_id = p_lane_id and q.seq between v_turn.first_seq and p_upto
     and m.shard = p_shard and m.id = (q.payload ->> 'message_id')::uuid;

  perform app.remember_turn(p_shard, v_tenant.id, p_lane_id, p_turn_id, v_replies);
  perform app.act_as(jsonb_build_object('actor', v_turn.service));

  update public.conversations
     set person_requested_at   = coalesce(person_requested_at, v_now),
         person_request_reason = coalesce(person_request_reason, a.action ->> 'reason')
    from jsonb_array_elements(coalesce(p_result -> 'actions', '[]')) as a (action)
   where shard = p_shard and id = p_lane_id and a.action ->> 'type' = 'request_person';

  update app.turns
     set status          = case when v_replies = '[]' then 'skipped' else 'answered' end,
         reason          = case when v_replies = '[]' then coalesce(v_reason, 'the agent chose to stay silent') end,
         last_seq        = p_upto,
         endpoint        = p_result ->> 'endpoint',
         usage           = app.add_usage(v_turn.usage, coalesce(p_result -> 'usage', '{}')),
         agent_called_at = (p_result ->> 'called_at')::timestamptz,
         agent_ms        = (p_result ->> 'ms')::integer,
         finished_at     = v_now
   where shard = p_shard and id = p_turn_id;

  perform app.complete_queue_messages(p_shard, 'inbound', p_lane_id, p_token, p_upto,
    p_max_wait => make_interval(secs => v_tenant.burst_max_wait_ms / 1000.0));

  perform app.note_activity(p_shard, v_tenant.id, p_lane_id, 'TOOL_CALL', t.call || jsonb_build_object('turn_id', p_turn_id))
     from jsonb_array_elements(coalesce(p_result -> 'tool_calls',
            (select jsonb_agg(jsonb_build_object('name', u.name)) from jsonb_array_elements(p_result -> 'usage' -> 'tools') as u (name)), '[]')) as t (call);
  for v_reply, v_ordinal in select r.reply, r.ordinal from jsonb_array_elements(v_replies) with ordinality as r (reply, ordinal) loop
    perform app.enqueue_outbound_message(p_shard, p_lane_id, 'agent', v_reply ->> 'body', v_reply -> 'content',
      format('turn:%s:%s:%s', p_turn_id, v_turn.superseded, v_ordinal), v_turn.correlation_id, p_turn_id);
  end loop;
  return jsonb_array_length(v_replies);
end;
$$;

revoke execute on function app.complete_turn from public;
grant execute on function app.complete_turn to service_role;

-- 50_turns/defer_burst.sql
-- Lets a conversation's burst wait until p_until, because more of it is on its way; never longer than the tenant's
-- burst_max_wait_ms after its first message, and never shorter than it would wait anyway. What a worker has in hand, backs
-- off or is paused keeps its time: there it counts for the burst behind it. Wakes nobody. Without a burst nothing happens.
-- p_until: infinity: as long as it may. Idempotent. Locks: lane, ready.
-- Called by: ingest_message, ingest_typing, set_media_state.
create function app.defer_burst (
  p_shard           smallint,
  p_conversation_id uuid,
  p_until           timestamptz
)
  returns void
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
begin
  perform from app.queue_lane where shard = p_shard and queue = 'inbound' and lane_id = p_conversation_id for update;

  update app.queue_ready r
     set quiet_until = p_until,
         at          = case when r.leased_by is null and r.tries = 0 and r.parked_at is null
                            then greatest(r.at, least(p_until, r.burst_at + make_interval(secs => t.burst_max_wait_ms / 1000.0))) else r.at end
    from public.tenants t
   where r.shard = p_shard and r.queue = 'inbound' and r.lane_id = p_conversation_id and t.id = r.tenant_id
     and p_until > greatest(app.now(), r.quiet_until);
end;
$$;

revoke execute on function app.defer_burst from public;
grant execute on function app.defer_burst to service_role;

-- 50_turns/fail_turn.sql
-- Records that a try of a turn failed and gives the lane back for a retry; after the last try the burst goes to the
-- dead letters, the turn is failed for good, and a person is asked for: the customer is never left without anybody.
-- Returns 'retry' or 'dead'. Raises SB001 when the lease is stale, SB400 when p_upto is done already or was
-- never enqueued. A workflow whose timer or step was among them fails with it.
-- Locks: conversation, workflows, lane, ready.
-- Called by: commons/handlers/turn.ts.
create function app.fail_turn (
  p_shard       smallint,
  p_lane_id     uuid,
  p_token       bigint,
  p_upto        bigint,
  p_error       jsonb,
  p_max_tries   integer  default 12,
  p_retry_after interval default null
)
  returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_outcome text;
  v_timers  uuid[];
begin
  perform from public.conversations where shard = p_shard and id = p_lane_id for no key update;
  v_timers := array(select t.workflow_id from app.due_workflow_timers(p_shard, p_lane_id, 0, p_upto) as t);
  perform from app.workflow_states where shard = p_shard and id = any (v_timers) order by id for update;
  v_outcome := app.schedule_message_retry(p_shard, 'inbound', p_lane_id, p_token, p_upto, p_error, p_max_tries, p_retry_after);

  update app.turns
     set error       = p_error,
         status      = case v_outcome when 'dead' then 'failed' else status end,
         finished_at = case v_outcome when 'dead' then app.now() end
   where shard = p_shard and conversation_id = p_lane_id and first_seq <= p_upto and status in ('working', 'superseded');

  if v_outcome = 'dead' then
    update public.conversations
       set person_requested_at = coalesce(person_requested_at, app.now()),
           person_request_reason = coalesce(person_request_reason, 'the agent could not answer')
     where shard = p_shard and id = p_lane_id;
    perform app.finish_workflow(p_shard, w.id, null, jsonb_build_object('status', 'failed', 'error', p_error))
       from app.workflow_states w
      where w.shard = p_shard and w.id = any (v_timers) and w.finished_at is null;
  end if;
  return v_outcome;
end;
$$;

revoke execute on function app.fail_turn from public;
grant execute on function app.fail_turn to service_role;

-- 50_turns/forget_turn.sql
-- Takes out of a conversation's memory what remember_turn added for a turn: its answer was never said, and its question will
-- be asked again. Idempotent. Locks: the memory row. Called by: recall_answer.
create function app.forget_turn (
  p_shard           smallint,
  p_conversation_id uuid,
  p_turn_id         uuid
)
  returns void
  language sql
  set search_path = ''
as $$
  update app.ai_conversation_memory m
     set messages = (
           select coalesce(jsonb_agg(e.entry order by e.ordinal), '[]')
             from jsonb_array_elements(m.messages) with ordinality as e (entry, ordinal)
            where e.entry ->> 'turn' is distinct from p_turn_id::text
         )
   where m.shard = p_shard and m.conversation_id = p_conversation_id;
$$;

revoke execute on function app.forget_turn from public;
grant execute on function app.forget_turn to service_role;

-- 50_turns/hasten_burst.sql
-- Lets a conversation's burst wait no longer than until p_until, or p_max_wait after its first message: what it waited for
-- has come. What a worker has in hand, backs off or is paused keeps its time, as in defer_burst.
-- Idempotent. Locks: lane, ready. Called by: set_media_state, recall_answer.
create function app.hasten_burst (
  p_shard           smallint,
  p_conversation_id uuid,
  p_until           timestamptz,
  p_max_wait        interval
)
  returns void
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_now timestamptz := app.now();
begin
  perform from app.queue_lane where shard = p_shard and queue = 'inbound' and lane_id = p_conversation_id for update;

  update app.queue_ready r
     set quiet_until = p_until,
         at          = case when r.leased_by is null and r.tries = 0 and r.parked_at is null
                            then least(r.at, greatest(v_now, least(p_until, r.burst_at + p_max_wait))) else r.at end
   where r.shard = p_shard and r.queue = 'inbound' and r.lane_id = p_conversation_id
     and (r.quiet_until > p_until or (r.leased_by is null and r.tries = 0 and r.parked_at is null
                                      and r.at > greatest(v_now, least(p_until, r.burst_at + p_max_wait))));
  if found then
    perform app.ring_doorbell('inbound');
  end if;
end;
$$;

revoke execute on function app.hasten_burst from public;
grant execute on function app.hasten_burst to service_role;

-- 50_turns/is_superseded.sql
-- Whether the answer to a leased burst up to p_upto is out of date, because the customer has written more behind it, and may
-- be dropped: the tenant wants it so, at most two in a row were dropped already, and its first message has not yet waited
-- for the tenant's burst_max_wait_ms, so that a talkative customer is answered all the same. What only the size
-- of a claim cut off (p_upto is all that the lease may cover) is no news, and neither is a workflow's timer.
-- Called by: complete_turn, superseded_turns.
create function app.is_superseded (
  p_ready app.queue_ready,
  p_upto  bigint,
  p_turn  app.turns
)
  returns boolean
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
as $$
begin
  return p_turn.superseded < 2
     and p_upto < p_ready.upto
     and exists (select from app.message_queue q
                  where q.shard = p_ready.shard and q.queue = p_ready.queue and q.lane_id = p_ready.lane_id and q.seq > p_upto
                    and q.kind <> 'workflow_timer')
     and exists (select from public.tenants t
                  where t.id = p_ready.tenant_id and t.on_new_message = 'supersede'
                    and p_turn.burst_at + make_interval(secs => t.burst_max_wait_ms / 1000.0) > app.now());
end;
$$;

revoke execute on function app.is_superseded from public;
grant execute on function app.is_superseded to service_role;

-- 50_turns/looks_complete.sql
-- Whether a customer's message looks like all that is to be said, or more is likely to follow at once. A guess by its form
-- alone, for any language: who asks or ends a sentence has finished; who trails off (a comma, a colon, a dash, dots), only
-- greets, writes one short word, or sends a picture without a word has not. Taps, voice notes, places and contacts are whole.
-- Three words or fifteen letters pass without an end: most people write none.
-- p_text: what a person would read, as messages.body has it. Called by: quiet_time.
create function app.looks_complete (
  p_type text,
  p_text text
)
  returns boolean
  language plpgsql
  immutable
  set search_path = ''
as $$
declare
  c_blank     constant text := '[\s\u00A0\u200B-\u200F\u2060\u3000\uFEFF]';
  -- What may stand behind the end of a sentence: blanks, closing quotes and brackets, emoji, :-).
  c_behind    constant text := '(?:' || c_blank || '|["''»”’)\]】」』）]|[:;=]-?[)(DPp3*]+|[\u20E3\u2600-\u27BF\u2B50\u2B55\uFE0F\U0001F000-\U0001FAFF])+$';
  -- Comma, colon, semicolon, dash, ampersand or opening bracket of any script; two dots and more.
  c_open      constant text := '(?:[,:;&(\u2010-\u2014\uFF0D\u055D\u060C\u061B\u104A\u1363-\u1366\u3001\uFE50\uFF0C\uFF1A\uFF1B-]|\.\.|\u3002\u3002|[\u2025\u2026\u22EF])$';
  -- ? of any script, the Greek one (;) beside Greek letters, the Armenian one within its word; what asks without a mark.
  c_question  constant text := '[?\u037E\u061F\u1367\u2047-\u2049\uFE56\uFF1F][?!\uFF01\uFF1F]*$|[\u0370-\u03FF].*;$|\u055E|(?:[吗嗎呢か까]|ไหม|มั้ย)$';
  -- Full stop or exclamation mark: Latin, Armenian, Urdu, Devanagari, Tibetan, Burmese, Ethiopic, Khmer, Chinese and Japanese.
  c_stop      constant text := '[.!\u0589\u06D4\u0964\u0965\u0F0D\u104B\u1362\u17D4\u17D5\u203C\u3002\uFE52\uFE57\uFF01\uFF0E\uFF61]+$';
  -- Scripts without spaces between words: Thai, Lao, Burmese, Khmer, kana, Han.
  c_no_spaces constant text := '[\u0E00-\u0EFF\u1000-\u109F\u1780-\u17FF\u3040-\u30FF\u3400-\u9FFF]';
  -- Greetings that are more than one short word, with a name behind them or not.
  c_greeting  constant text := '^(?:good (?:morning|afternoon|evening|day)|(?:hello|hi|hey) \S+|buen[oa]s? (?:d[ií]as?|tardes|noches)|'
    'bo[am] (?:dia|tarde|noite)|gute[nr]? (?:morgen|tag|abend)|(?:bonjour|bonsoir|ciao|hallo|hola|ol[aá]|oi) \S+|'
    'goede?n? ?(?:morgen|middag|avond)|dzień dobry|dobr[ýé] den|[Дд]обр(?:ый|ое|ого) \S+|iyi (?:günler|akşamlar)|selamat \S+|'
    'xin chào|(?:السلام|سلام) عليكم|(?:صباح|مساء) الخير|नमस्ते|안녕하(?:세요|십니까)|おはようございます|สวัสดี(?:ครับ|ค่ะ)?|(?:早上|下午|晚上)好)(?: \S+)?$';
  v_text      text := regexp_replace(p_text, c_behind, '');
  v_core      text := regexp_replace(v_text, c_stop, '');
  v_words     integer := cardinality(regexp_split_to_array(v_core, c_blank || '+'));
  v_is_dense  boolean := v_core ~ c_no_spaces;
begin
  if p_type not in ('text', 'image', 'video', 'document', 'sticker') then
    return true;
  elsif v_core = '' or (v_text ~ c_open and v_text !~ c_question) then
    return false;
  elsif p_type <> 'text' or v_text ~ c_question or v_core ~ '[0-9\u0660-\u0669\u06F0-\u06F9\u0966-\u096F]' then
    return true;
  elsif v_core ~* c_greeting or (v_is_dense and length(v_core) <= 5) or (not v_is_dense and v_words = 1 and length(v_core) <= 12) then
    return false;
  end if;
  return v_core <> regexp_replace(p_text, c_blank || '+$', '') or v_words >= 3 or v_is_dense or length(v_core) >= 15;
end;
$$;

revoke execute on function app.looks_complete from public;
grant execute on function app.looks_complete to service_role;

-- 50_turns/media_pending.sql
-- Whether a file of the burst that waits in a conversation is still being fetched or read. One that an earlier turn did
-- not wait for any longer holds up nobody. Called by: ingest_message, set_media_state.
create function app.media_pending (
  p_shard           smallint,
  p_conversation_id uuid
)
  returns boolean
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
as $$
begin
  -- Almost always there is none: this look into an index that is almost empty is all that a message costs.
  if not exists (select from public.messages m
                  where m.shard = p_shard and m.conversation_id = p_conversation_id and m.media_state = 'pending') then
    return false;
  end if;
  return exists (
    select from public.messages m
     where m.shard = p_shard and m.conversation_id = p_conversation_id and m.media_state = 'pending'
       and m.position >= (
         select (q.payload ->> 'position')::bigint
           from app.queue_ready r
           join app.message_queue q on q.shard = r.shard and q.queue = r.queue and q.lane_id = r.lane_id and q.seq > r.done
          where r.shard = p_shard and r.queue = 'inbound' and r.lane_id = p_conversation_id
          order by q.seq
          limit 1));
end;
$$;

revoke execute on function app.media_pending from public;
grant execute on function app.media_pending to service_role;

-- 50_turns/open_session.sql
-- The memory of a conversation, with a new session when the last one has been idle for 30 minutes.
-- Locks: the memory row. Called by: start_turn, remember.
create function app.open_session (
  p_shard           smallint,
  p_tenant_id       uuid,
  p_conversation_id uuid
)
  returns app.ai_conversation_memory
  language plpgsql
  set search_path = ''
as $$
declare
  v_now    timestamptz := app.now();
  v_memory app.ai_conversation_memory;
begin
  insert into app.ai_conversation_memory as m
    (shard, conversation_id, tenant_id, session_started_at, last_activity_at)
  values (p_shard, p_conversation_id, p_tenant_id, v_now, v_now)
  on conflict (shard, conversation_id) do update
    set session_id         = case when m.last_activity_at < v_now - interval '30 minutes' then gen_random_uuid() else m.session_id end,
        session_started_at = case when m.last_activity_at < v_now - interval '30 minutes' then v_now else m.session_started_at end,
        messages           = case when m.last_activity_at < v_now - interval '30 minutes' then '[]'::jsonb else m.messages end,
        last_activity_at   = v_now
  returning m.* into v_memory;
  return v_memory;
end;
$$;

revoke execute on function app.open_session from public;
grant execute on function app.open_session to service_role;

-- 50_turns/quiet_time.sql
-- How long a burst waits for more after a message: not at all after a tap on a button or a list, the tenant's
-- burst_quiet_ms when the message looks complete, else burst_long_quiet_ms. Called by: ingest_message, set_media_state.
create function app.quiet_time (
  p_tenant public.tenants,
  p_type   text,
  p_text   text
)
  returns interval
  language plpgsql
  immutable
  set search_path = ''
as $$
begin
  return make_interval(secs => least(p_tenant.burst_max_wait_ms,
    case when p_type in ('button', 'interactive', 'order') then 0
         when app.looks_complete(p_type, p_text) then p_tenant.burst_quiet_ms
         else greatest(p_tenant.burst_quiet_ms, p_tenant.burst_long_quiet_ms) end) / 1000.0);
end;
$$;

revoke execute on function app.quiet_time from public;
grant execute on function app.quiet_time to service_role;

-- 50_turns/remember.sql
-- Adds messages to the memory of a conversation and keeps the last 20.
-- p_messages: [{"role", "text", "at"}], oldest first. Locks: the memory row. Called by: remember_turn, ingest_message.
create function app.remember (
  p_shard           smallint,
  p_tenant_id       uuid,
  p_conversation_id uuid,
  p_messages        jsonb
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_all jsonb := (app.open_session(p_shard, p_tenant_id, p_conversation_id)).messages || p_messages;
begin
  update app.ai_conversation_memory
     set messages = (
           select coalesce(jsonb_agg(m.message order by m.ordinal), '[]')
             from jsonb_array_elements(v_all) with ordinality as m (message, ordinal)
            where m.ordinal > jsonb_array_length(v_all) - 20
         )
   where shard = p_shard and conversation_id = p_conversation_id;
end;
$$;

revoke execute on function app.remember from public;
grant execute on function app.remember to service_role;

-- 50_turns/remember_turn.sql
-- Adds a turn to the memory of its conversation: what the customer wrote, then what the agent answered.
-- p_replies: [{body}]. Relies on messages.turn_id, and on the turn's messages being in their lane still: nothing older
-- than the oldest of them is looked at, however long the conversation is. Each entry names its turn, so that forget_turn
-- finds it. Locks: the memory row. Called by: complete_turn.
create function app.remember_turn (
  p_shard           smallint,
  p_tenant_id       uuid,
  p_conversation_id uuid,
  p_turn_id         uuid,
  p_replies         jsonb
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_asked    jsonb;
  v_answered jsonb;
begin
  select jsonb_agg(jsonb_build_object('role', 'user', 'text', case when m.body = '' then '[' || m.type || ']' else m.body end,
           'at', m.occurred_at, 'turn', p_turn_id) order by m.position)
    into v_asked
    from public.messages m
   where m.shard = p_shard and m.conversation_id = p_conversation_id and m.turn_id = p_turn_id and m.direction = 'in'
     and m.revoked_at is null
     and m.position >= coalesce((
       select min((q.payload ->> 'position')::bigint)
         from app.message_queue q
        where q.shard = p_shard and q.queue = 'inbound' and q.lane_id = p_conversation_id), 9223372036854775807); -- only timers: nobody wrote

  select jsonb_agg(jsonb_build_object('role', 'assistant', 'text', r.reply ->> 'body', 'at', app.now(), 'turn', p_turn_id) order by r.ordinal)
    into v_answered
    from jsonb_array_elements(p_replies) with ordinality as r (reply, ordinal);

  perform app.remember(p_shard, p_tenant_id, p_conversation_id, coalesce(v_asked, '[]') || coalesce(v_answered, '[]'));
end;
$$;

revoke execute on function app.remember_turn from public;
grant execute on function app.remember_turn to service_role;

-- 50_turns/set_media_state.sql
-- Says how far the file of a customer's message came. `pending`: somebody fetches and reads it; its burst waits for it, at
-- most the tenant's burst_max_wait_ms in all. `ready` or `failed`: when it was the last that the burst waited for,
-- the burst is ready as soon as it has come to rest after its last message.
-- Returns whether this changed anything: a file that is ready or failed stays so. Idempotent.
-- Raises SB404 when there is no such message, 23514 for another state. Locks: conversation, message, lane, ready.
-- Called by: whoever fetches the files of messages.
create function app.set_media_state (
  p_shard      smallint,
  p_message_id uuid,
  p_state      text
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
declare
  v_conversation uuid;
  v_tenant       public.tenants;
begin
  select m.conversation_id into v_conversation from public.messages m where m.shard = p_shard and m.id = p_message_id;
  if not found then
    raise exception sqlstate 'SB404' using message = format('there is no message %s in shard %s', p_message_id, p_shard);
  end if;

  perform from public.conversations where shard = p_shard and id = v_conversation for no key update;
  update public.messages
     set media_state = p_state
   where shard = p_shard and id = p_message_id and (media_state is null or (media_state = 'pending' and p_state <> 'pending'));
  if not found then
    return false;
  end if;

  if p_state = 'pending' then
    perform app.defer_burst(p_shard, v_conversation, 'infinity');
  elsif not app.media_pending(p_shard, v_conversation) then
    select t.* into v_tenant
      from public.conversations c
      join public.tenants t on t.id = c.tenant_id
     where c.shard = p_shard and c.id = v_conversation;
    perform app.hasten_burst(p_shard, v_conversation, last.enqueued_at + app.quiet_time(v_tenant, m.type, m.body),
              make_interval(secs => v_tenant.burst_max_wait_ms / 1000.0))
       from (select q.payload, q.enqueued_at
               from app.message_queue q
              where q.shard = p_shard and q.queue = 'inbound' and q.lane_id = v_conversation and q.kind <> 'workflow_timer'
              order by q.seq desc
              limit 1) as last
       join public.messages m on m.shard = p_shard and m.id = (last.payload ->> 'message_id')::uuid;
  end if;
  return true;
end;
$$;

revoke execute on function app.set_media_state from public;
grant execute on function app.set_media_state to service_role;

-- 50_turns/start_turn.sql
-- Everything that a worker needs to answer the messages of a leased lane up to p_upto, in one call.
-- Returns {action: 'answer' | 'skip', reason, turn_id, ...}: for 'answer' the account, the service to call, the tenant, the contact,
-- the session with its memory, the open workflows with what rang for them, and the messages of the burst (none: only timers
-- rang). 'skip': nobody is to answer now (a person has taken
-- over, the account is not active); the worker completes the turn without replies.
-- Idempotent: a second try of the same burst gets the same turn id, and so does what the burst has grown to when its answer
-- was superseded; that is no failed try. Raises SB001 when the lease is stale.
-- Parts of earlier answers that have not left are cancelled, and the memory says so (cut_answers).
-- Locks: memory; lane, ready; outbound messages, messages. Called by: commons/handlers/turn.ts.
create function app.start_turn (
  p_shard   smallint,
  p_lane_id uuid,
  p_token   bigint,
  p_upto    bigint
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_now          timestamptz := app.now();
  v_conversation public.conversations;
  v_account      public.whatsapp_accounts;
  v_memory       app.ai_conversation_memory;
  v_ready        app.queue_ready;
  v_turn         app.turns;
  v_messages     jsonb;
  v_opted_out    boolean;
  v_workflows    jsonb;
  v_has_timer    boolean;
begin
  select * into strict v_conversation from public.conversations where shard = p_shard and id = p_lane_id;
  select * into strict v_account from public.whatsapp_accounts where shard = p_shard and id = v_conversation.account_id;
  v_memory := app.open_session(p_shard, v_conversation.tenant_id, p_lane_id);
  v_ready := app.assert_lease(p_shard, 'inbound', p_lane_id, p_token);

  if app.cut_answers(p_shard, p_lane_id) > 0 then
    select * into strict v_memory from app.ai_conversation_memory where shard = p_shard and conversation_id = p_lane_id;
  end if;
  v_opted_out := coalesce(app.consent_of(p_shard, v_conversation.contact_id) ->> 'all' = 'stop', false);

  select jsonb_agg(jsonb_build_object('id', m.id, 'provider_message_id', m.provider_message_id, 'type', m.type, 'text', m.body,
           'content', m.content, 'media', m.media_state, 'file', case when f.storage_path is not null then jsonb_build_object('kind', f.kind, 'mime_type', f.mime_type,
             'size_bytes', f.size_bytes, 'filename', f.filename, 'storage_path', f.storage_path) end,
           'at', m.occurred_at, 'correlation_id', q.correlation_id) order by q.seq)
    into strict v_messages
    from app.message_queue q
    join public.messages m on m.shard = p_shard and m.id = (q.payload ->> 'message_id')::uuid
    left join public.media f on f.shard = p_shard and f.message_id = m.id
   where q.shard = p_shard and q.queue = 'inbound' and q.lane_id = p_lane_id and q.seq > v_ready.done and q.seq <= p_upto
     and m.revoked_at is null;

  v_workflows := app.open_workflows(p_shard, p_lane_id, v_ready.done + 1, p_upto);
  v_has_timer := jsonb_path_exists(v_workflows, '$[*].timer ? (@ != null)');

  insert into app.turns as t
    (shard, tenant_id, conversation_id, first_seq, last_seq, service, correlation_id, burst_at, claimed_at)
  select p_shard, v_conversation.tenant_id, p_lane_id, v_ready.done + 1, p_upto, v_account.agent, q.correlation_id, v_ready.burst_at, v_now
    from app.message_queue q
   where q.shard = p_shard and q.queue = 'inbound' and q.lane_id = p_lane_id and q.seq = p_upto
  on conflict (shard, conversation_id, first_seq) do update
    set last_seq = excluded.last_seq, correlation_id = excluded.correlation_id, claimed_at = excluded.claimed_at,
        service = excluded.service, tries = least(t.tries, 32766) + (t.status <> 'superseded')::integer, status = 'working', finished_at = null, error = null, reason = null
  returning t.* into strict v_turn;

  return jsonb_build_object(
    'action', case when (v_messages is null and not v_has_timer) or v_conversation.agent_paused_until > v_now or v_account.status <> 'active' or v_opted_out
                   then 'skip' else 'answer' end,
    'reason', case when v_conversation.agent_paused_until > v_now then 'a person has taken over'
                   when v_account.status <> 'active' then 'the account is ' || v_account.status
                   when v_messages is null and not v_has_timer then case when exists (
                     select from app.message_queue q where q.shard = p_shard and q.queue = 'inbound' and q.lane_id = p_lane_id
                        and q.seq > v_ready.done and q.seq <= p_upto and q.kind = 'workflow_timer')
                     then 'its workflow has gone on meanwhile' else 'every message was revoked' end
                   when v_opted_out then 'the customer has opted out' end,
    'turn_id', v_turn.id,
    'correlation_id', v_turn.correlation_id,
    'service', v_account.agent,
    'account', jsonb_build_object('id', v_account.id, 'provider', v_account.provider),
    'tenant', (select jsonb_build_object('id', t.id, 'slug', t.slug, 'name', t.name, 'ai_disclosure', t.ai_disclosure)
                 from public.tenants t where t.shard = p_shard and t.id = v_conversation.tenant_id),
    'conversation', jsonb_build_object('id', p_lane_id, 'person_requested', v_conversation.person_requested_at is not null),
    'contact', (select jsonb_build_object('name', c.name)
                  from public.contacts c where c.shard = p_shard and c.id = v_conversation.contact_id),
    'session', jsonb_build_object('id', v_memory.session_id, 'is_new', v_memory.messages = '[]'),
    'memory', v_memory.messages,
    'workflows', v_workflows,
    'messages', coalesce(v_messages, '[]')
  );
end;
$$;

revoke execute on function app.start_turn from public;
grant execute on function app.start_turn to service_role;

-- 50_turns/supersede_turn.sql
-- Drops the answer of a leased turn because the customer wrote more, and gives the lane back without counting a failed try:
-- when the burst has come to rest, the next claim covers old and new messages as one turn, of the same id.
-- p_result: what is known of the agent's call, as for complete_turn; what it cost is kept. `reason`: another one than that.
-- Raises SB001 when the lease is stale. Locks: conversation, lane, ready. Called by: complete_turn, commons/handlers/turn.ts.
create function app.supersede_turn (
  p_shard   smallint,
  p_lane_id uuid,
  p_token   bigint,
  p_turn_id uuid,
  p_result  jsonb default '{}'
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_now   timestamptz := app.now();
  v_ready app.queue_ready;
begin
  perform from public.conversations where shard = p_shard and id = p_lane_id for no key update;
  v_ready := app.assert_lease(p_shard, 'inbound', p_lane_id, p_token);

  update app.turns
     set status          = 'superseded',
         reason          = coalesce(p_result ->> 'reason', 'the customer wrote more while the agent worked'),
         superseded      = least(superseded, 32766) + 1,
         superseded_at   = v_now,
         endpoint        = coalesce(p_result ->> 'endpoint', endpoint),
         usage           = app.add_usage(usage, coalesce(p_result -> 'usage', '{}')),
         agent_called_at = coalesce((p_result ->> 'called_at')::timestamptz, agent_called_at),
         agent_ms        = coalesce((p_result ->> 'ms')::integer, agent_ms),
         finished_at     = v_now
   where shard = p_shard and id = p_turn_id;

  perform app.release_lane(v_ready, v_ready.done, p_tries => greatest(v_ready.tries - 1, 0)::smallint, p_max_wait => (
    select make_interval(secs => t.burst_max_wait_ms / 1000.0) from public.tenants t where t.id = v_ready.tenant_id));
end;
$$;

revoke execute on function app.supersede_turn from public;
grant execute on function app.supersede_turn to service_role;

-- 50_turns/superseded_turns.sql
-- Which of these turns are superseded while the agent works, by their leased lanes: a worker asks for all that it has in
-- hand at once, to end calls whose answers would be dropped. p_turns: [{lane_id, upto}]. Locks: none.
-- Called by: commons/handlers/turn-watch.ts.
create function app.superseded_turns (
  p_shard smallint,
  p_turns jsonb
)
  returns table (lane_id uuid)
  language sql
  stable
  set search_path = ''
  set enable_seqscan = off
as $$
  select x.lane_id
    from jsonb_to_recordset(p_turns) as x (lane_id uuid, upto bigint)
    join app.queue_ready r on r.shard = p_shard and r.queue = 'inbound' and r.lane_id = x.lane_id and r.leased_by is not null
    join app.turns t on t.shard = p_shard and t.conversation_id = x.lane_id and t.first_seq = r.done + 1 and t.status = 'working'
   where app.is_superseded(r, x.upto, t);
$$;

revoke execute on function app.superseded_turns from public;
grant execute on function app.superseded_turns to service_role;

-- 52_workflows/advance_workflow.sql
-- Commits the next step of an open workflow. p_version: the version that the caller knows.
-- p_step: {step, status, state, wait_s, remind_s}. `waiting`: for the customer, at most wait_s seconds (none: without a
-- limit), with a reminder after remind_s. `running`: the step is done next, at once and by itself, in a turn of its own;
-- unless the workflow only `passes` by, because another step follows in the same transaction.
-- Returns the new version. Raises SB404, SB409 (it has ended or went on), 23514. Locks: the workflow, then as
-- set_workflow_timer. Called by: apply_workflow_steps.
create function app.advance_workflow (
  p_shard   smallint,
  p_id      uuid,
  p_version integer,
  p_step    jsonb,
  p_turn_id uuid default null
)
  returns integer
  language plpgsql
  set search_path = ''
as $$
declare
  v_now      timestamptz := app.now();
  v_workflow app.workflow_states := app.lock_workflow(p_shard, p_id, p_version);
begin
  update app.workflow_states
     set version    = version + 1,
         step       = p_step ->> 'step',
         status     = p_step ->> 'status',
         state      = coalesce(p_step -> 'state', state),
         expires_at = v_now + make_interval(secs => (p_step ->> 'wait_s')::double precision),
         remind_at  = v_now + make_interval(secs => (p_step ->> 'remind_s')::double precision),
         updated_at = v_now
   where shard = p_shard and id = p_id
  returning * into strict v_workflow;
  perform app.note_workflow_step(v_workflow, p_turn_id);
  if not coalesce((p_step ->> 'passes')::boolean, false) then
    perform app.set_workflow_timer(v_workflow);
  end if;
  return v_workflow.version;
end;
$$;

revoke execute on function app.advance_workflow from public;
grant execute on function app.advance_workflow to service_role;

-- 52_workflows/apply_workflow_steps.sql
-- Commits the workflow steps of an answer, in their order. p_steps: [{id, name, version, step, status, state, wait_s, remind_s,
-- error}]; version: the one before the step, 0 begins a workflow. Of several steps of one workflow only the last one
-- sets a timer.
-- Raises what start_workflow, advance_workflow and finish_workflow raise. Locks: the workflows, then as set_workflow_timer.
-- Called by: complete_turn.
create function app.apply_workflow_steps (
  p_shard           smallint,
  p_conversation_id uuid,
  p_turn_id         uuid,
  p_steps           jsonb
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_step jsonb;
begin
  for v_step in
    select s.step || jsonb_build_object('passes', lead(true) over (partition by s.step ->> 'id' order by s.ordinal) is not null)
      from jsonb_array_elements(p_steps) with ordinality as s (step, ordinal) order by s.ordinal
  loop
    if (v_step ->> 'version')::integer = 0 then
      perform app.start_workflow(p_shard, p_conversation_id, v_step ->> 'name', v_step, (v_step ->> 'id')::uuid, p_turn_id);
    elsif v_step ->> 'status' in ('waiting', 'running') then
      perform app.advance_workflow(p_shard, (v_step ->> 'id')::uuid, (v_step ->> 'version')::integer, v_step, p_turn_id);
    else
      perform app.finish_workflow(p_shard, (v_step ->> 'id')::uuid, (v_step ->> 'version')::integer, v_step, p_turn_id);
    end if;
  end loop;
end;
$$;

revoke execute on function app.apply_workflow_steps from public;
grant execute on function app.apply_workflow_steps to service_role;

-- 52_workflows/cancel_workflow.sql
-- Ends an open workflow because somebody wants it so. An agent that is just answering for it starts anew without it
-- (complete_turn). Returns whether it was open. Idempotent. Locks: as finish_workflow. Called by: people, over the API.
create function app.cancel_workflow (
  p_shard smallint,
  p_id    uuid
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
begin
  perform from app.workflow_states where shard = p_shard and id = p_id and finished_at is null for update;
  if found then
    perform app.finish_workflow(p_shard, p_id, null, '{"status": "cancelled"}');
  end if;
  return found;
end;
$$;

revoke execute on function app.cancel_workflow from public;
grant execute on function app.cancel_workflow to service_role;

-- 52_workflows/drop_workflow_timer.sql
-- Takes back the timer of a workflow that has not rung. One that is just being moved into its lane is left to ring in vain:
-- it names a version that is gone. Idempotent. Locks: the scheduled row and its key, with skip locked; the caller holds the
-- workflow. Called by: set_workflow_timer, finish_workflow, recall_workflows.
create function app.drop_workflow_timer (p_workflow app.workflow_states)
  returns void
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
begin
  delete from app.queue_scheduled s
   where s.shard = p_workflow.shard and s.id in (
     select x.id from app.queue_scheduled x
      where x.shard = p_workflow.shard and x.queue = 'inbound' and x.idempotency_key = p_workflow.timer_key
        for update skip locked);
  if found then
    delete from app.queue_idempotency where shard = p_workflow.shard and queue = 'inbound' and key = p_workflow.timer_key;
  end if;
end;
$$;

revoke execute on function app.drop_workflow_timer from public;
grant execute on function app.drop_workflow_timer to service_role;

-- 52_workflows/due_workflow_timers.sql
-- The timers among the queue messages of a conversation from p_first to p_upto that still count: their workflow is open and at
-- the version for which they were set. Locks: none. Called by: open_workflows, end_workflow_timers, fail_turn.
create function app.due_workflow_timers (
  p_shard   smallint,
  p_lane_id uuid,
  p_first   bigint,
  p_upto    bigint
)
  returns table (workflow_id uuid, timer text)
  language sql
  stable
  set search_path = ''
  set enable_seqscan = off
as $$
  select distinct on (w.id) w.id, q.payload ->> 'timer'
    from app.message_queue q
    join app.workflow_states w
      on w.shard = p_shard and w.id = (q.payload ->> 'workflow_id')::uuid and w.finished_at is null and w.version = (q.payload ->> 'version')::integer
   where q.shard = p_shard and q.queue = 'inbound' and q.lane_id = p_lane_id and q.seq between p_first and p_upto and q.kind = 'workflow_timer'
   order by w.id, q.seq desc;
$$;

revoke execute on function app.due_workflow_timers from public;
grant execute on function app.due_workflow_timers to service_role;

-- 52_workflows/end_workflow_timers.sql
-- Settles the timers of a burst whose workflows the answer did not move: a reminder is over and the end of the wait is next,
-- a wait that is over times out, a step that nobody knows how to do fails. While the agent is kept from answering
-- (p_hold_until) nothing ends: the timer is set anew for then.
-- Locks: the workflows, then as set_workflow_timer. Called by: complete_turn.
create function app.end_workflow_timers (
  p_shard      smallint,
  p_lane_id    uuid,
  p_first      bigint,
  p_upto       bigint,
  p_turn_id    uuid,
  p_hold_until timestamptz default null
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_timer    record;
  v_workflow app.workflow_states;
begin
  for v_timer in select * from app.due_workflow_timers(p_shard, p_lane_id, p_first, p_upto) loop
    select * into strict v_workflow from app.workflow_states where shard = p_shard and id = v_timer.workflow_id for update;
    if p_hold_until is not null then
      perform app.set_workflow_timer(v_workflow, p_hold_until);
    elsif v_timer.timer = 'remind' then
      update app.workflow_states set remind_at = null where shard = p_shard and id = v_workflow.id returning * into v_workflow;
      perform app.set_workflow_timer(v_workflow);
    elsif v_timer.timer = 'timeout' then
      perform app.timeout_workflow(p_shard, v_workflow.id, v_workflow.version, p_turn_id);
    else
      perform app.finish_workflow(p_shard, v_workflow.id, v_workflow.version,
        '{"status": "failed", "error": {"code": "step_unknown", "message": "the agent does not know this step"}}', p_turn_id);
    end if;
  end loop;
end;
$$;

revoke execute on function app.end_workflow_timers from public;
grant execute on function app.end_workflow_timers to service_role;

-- 52_workflows/finish_workflow.sql
-- Ends an open workflow. p_version: the version that the caller knows; null: whatever it is at.
-- p_step: {status: 'completed' | 'failed' | 'timed_out' | 'cancelled', step, state, error}; what is missing stays as it was. One that
-- failed asks a person (a task `workflow_failed`).
-- Returns the last version. Raises SB404, SB409 (it has ended or went on), 23514. Locks: the workflow, the task.
-- Called by: apply_workflow_steps, timeout_workflow, cancel_workflow, fail_turn.
create function app.finish_workflow (
  p_shard   smallint,
  p_id      uuid,
  p_version integer,
  p_step    jsonb,
  p_turn_id uuid default null
)
  returns integer
  language plpgsql
  set search_path = ''
as $$
declare
  v_now      timestamptz := app.now();
  v_workflow app.workflow_states := app.lock_workflow(p_shard, p_id, p_version);
begin
  perform app.drop_workflow_timer(v_workflow);
  update app.workflow_states
     set version     = version + 1,
         step        = coalesce(p_step ->> 'step', step),
         status      = p_step ->> 'status',
         state       = coalesce(p_step -> 'state', state),
         error       = case p_step ->> 'status' when 'failed' then coalesce(p_step -> 'error', '{"code": "workflow_failed"}') end,
         expires_at  = null,
         remind_at   = null,
         wake_at     = null,
         timer_key   = null,
         updated_at  = v_now,
         finished_at = v_now
   where shard = p_shard and id = p_id
  returning * into strict v_workflow;
  perform app.note_workflow_step(v_workflow, p_turn_id);

  if v_workflow.status = 'failed' then
    perform app.open_task(p_shard, v_workflow.tenant_id, 'workflow_failed', p_id::text,
      format('The workflow %s failed at its step %s (%s). Finish it with the customer.', v_workflow.workflow, v_workflow.step,
        coalesce(v_workflow.error ->> 'code', 'no code')),
      jsonb_build_object('conversation_id', v_workflow.conversation_id, 'detail', jsonb_build_object('workflow', v_workflow.workflow, 'step', v_workflow.step)));
  end if;
  return v_workflow.version;
end;
$$;

revoke execute on function app.finish_workflow from public;
grant execute on function app.finish_workflow to service_role;

-- 52_workflows/heal_workflow_timers.sql
-- Sets timers anew that should have rung 15 minutes ago and are neither scheduled nor in their lane: their queue message went
-- to the dead letters, or was cancelled. Returns how many. Idempotent.
-- Locks: the workflows, with skip locked, then as set_workflow_timer. Called by: sweep.
create function app.heal_workflow_timers (
  p_shard smallint,
  p_limit integer default 1000
)
  returns integer
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_now      timestamptz := app.now();
  v_workflow app.workflow_states;
  v_healed   integer := 0;
begin
  for v_workflow in
    select w.* from app.workflow_states w
     where w.shard = p_shard and w.wake_at < v_now - interval '15 minutes'
       and not exists (select from app.queue_scheduled s
                        where s.shard = p_shard and s.queue = 'inbound' and s.idempotency_key = w.timer_key)
       and not exists (select from app.message_queue q
                        where q.shard = p_shard and q.queue = 'inbound' and q.lane_id = w.conversation_id and q.kind = 'workflow_timer')
     order by w.wake_at limit p_limit for update skip locked
  loop
    perform app.set_workflow_timer(v_workflow);
    v_healed := v_healed + 1;
  end loop;
  return v_healed;
end;
$$;

revoke execute on function app.heal_workflow_timers from public;
grant execute on function app.heal_workflow_timers to service_role;

-- 52_workflows/lock_workflow.sql
-- Locks an open workflow that is still at the version that the caller knows (null: whatever it is at).
-- Raises SB404 when there is none of that id, SB409 when it has ended or went on. Locks: the workflow.
-- Called by: advance_workflow, finish_workflow.
create function app.lock_workflow (
  p_shard   smallint,
  p_id      uuid,
  p_version integer
)
  returns app.workflow_states
  language plpgsql
  set search_path = ''
as $$
declare
  v_workflow app.workflow_states;
begin
  select * into v_workflow from app.workflow_states where shard = p_shard and id = p_id for update;
  if not found then
    raise exception sqlstate 'SB404' using message = format('there is no workflow %s in shard %s', p_id, p_shard);
  end if;
  if v_workflow.finished_at is not null or v_workflow.version <> p_version then
    raise exception sqlstate 'SB409'
      using message = format('workflow %s is %s at version %s', p_id, v_workflow.status, v_workflow.version),
            hint = 'read it again, and decide anew';
  end if;
  return v_workflow;
end;
$$;

revoke execute on function app.lock_workflow from public;
grant execute on function app.lock_workflow to service_role;

-- 52_workflows/note_workflow_step.sql
-- Writes down what a workflow has just become. Locks: none; the caller holds the workflow.
-- Called by: start_workflow, advance_workflow, finish_workflow.
create function app.note_workflow_step (
  p_workflow app.workflow_states,
  p_turn_id  uuid
)
  returns void
  language sql
  set search_path = ''
as $$
  insert into app.workflow_steps
    (shard, workflow_id, version, tenant_id, step, status, state, error, expires_at, remind_at, turn_id, at)
  values (p_workflow.shard, p_workflow.id, p_workflow.version, p_workflow.tenant_id, p_workflow.step, p_workflow.status, p_workflow.state,
          p_workflow.error, p_workflow.expires_at, p_workflow.remind_at, p_turn_id, p_workflow.updated_at);
$$;

revoke execute on function app.note_workflow_step from public;
grant execute on function app.note_workflow_step to service_role;

-- 52_workflows/open_workflows.sql
-- The open workflows of a conversation as an agent gets them, oldest first, each with the timer that has rung for it among
-- the queue messages from p_first to p_upto: [{id, name, step, status, state, version, expires_at, timer}].
-- Locks: none. Called by: start_turn.
create function app.open_workflows (
  p_shard           smallint,
  p_conversation_id uuid,
  p_first           bigint,
  p_upto            bigint
)
  returns jsonb
  language sql
  stable
  set search_path = ''
  set enable_seqscan = off
as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', w.id, 'name', w.workflow, 'step', w.step, 'status', w.status, 'state', w.state,
           'version', w.version, 'expires_at', w.expires_at, 'timer', t.timer) order by w.created_at, w.id), '[]')
    from app.workflow_states w
    left join app.due_workflow_timers(p_shard, p_conversation_id, p_first, p_upto) as t on t.workflow_id = w.id
   where w.shard = p_shard and w.conversation_id = p_conversation_id and w.finished_at is null;
$$;

revoke execute on function app.open_workflows from public;
grant execute on function app.open_workflows to service_role;

-- 52_workflows/recall_workflows.sql
-- Takes the workflow steps back that were committed with a turn's answer: what the turn began is gone (the customer never
-- heard of it, and the turn may begin it again), what it moved is where it was, with its timer set anew. One that somebody else
-- has ended since stays ended. Idempotent.
-- Locks: the workflows, ascending, then as set_workflow_timer. Called by: recall_answer.
create function app.recall_workflows (
  p_shard   smallint,
  p_turn_id uuid
)
  returns void
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_workflow app.workflow_states;
  v_before   app.workflow_steps;
  v_is_new   boolean;
begin
  for v_workflow in
    select w.* from app.workflow_states w
     where w.shard = p_shard and w.id in (select s.workflow_id from app.workflow_steps s where s.shard = p_shard and s.turn_id = p_turn_id)
     order by w.id for update
  loop
    v_is_new := exists (
      select from app.workflow_steps s
       where s.shard = p_shard and s.workflow_id = v_workflow.id and s.version = 1 and s.turn_id = p_turn_id);
    continue when not v_is_new and exists (
      select from app.workflow_steps s
       where s.shard = p_shard and s.workflow_id = v_workflow.id and s.version = v_workflow.version and s.turn_id is distinct from p_turn_id);
    perform app.drop_workflow_timer(v_workflow);
    if v_workflow.status = 'failed' then
      perform app.resolve_task(p_shard, v_workflow.tenant_id, 'workflow_failed', v_workflow.id::text, 'system', 'the answer was taken back');
    end if;
    if v_is_new then
      delete from app.workflow_states where shard = p_shard and id = v_workflow.id;
      continue;
    end if;
    delete from app.workflow_steps where shard = p_shard and workflow_id = v_workflow.id and turn_id = p_turn_id;
    select * into strict v_before from app.workflow_steps where shard = p_shard and workflow_id = v_workflow.id order by version desc limit 1;
    update app.workflow_states
       set version = v_before.version, step = v_before.step, status = v_before.status, state = v_before.state, error = v_before.error,
           expires_at = v_before.expires_at, remind_at = v_before.remind_at, wake_at = null, timer_key = null,
           updated_at = app.now(), finished_at = null
     where shard = p_shard and id = v_workflow.id
    returning * into strict v_workflow;
    perform app.set_workflow_timer(v_workflow);
  end loop;
end;
$$;

revoke execute on function app.recall_workflows from public;
grant execute on function app.recall_workflows to service_role;

-- 52_workflows/set_workflow_timer.sql
-- Sets the one timer of an open workflow anew: a queue message `workflow_timer` of its conversation's inbound lane, now when it
-- runs, at the time of its reminder or of its end when it waits. p_not_before: no sooner.
-- Idempotent. Locks: scheduled rows with skip locked; lane and ready of inbound when it rings at once; the caller holds the
-- workflow. Called by: start_workflow, advance_workflow, end_workflow_timers, recall_workflows, heal_workflow_timers.
create function app.set_workflow_timer (
  p_workflow   app.workflow_states,
  p_not_before timestamptz default '-infinity'
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_now  timestamptz := app.now();
  v_kind text := case when p_workflow.status = 'running' then 'continue'
                      when p_workflow.remind_at < coalesce(p_workflow.expires_at, 'infinity') then 'remind'
                      when p_workflow.expires_at is not null then 'timeout' end;
  v_at   timestamptz := greatest(p_not_before, v_now, case v_kind when 'remind' then p_workflow.remind_at when 'timeout' then p_workflow.expires_at end);
  v_key  text := format('workflow:%s:%s:%s', p_workflow.id, p_workflow.version, gen_random_uuid());
begin
  perform app.drop_workflow_timer(p_workflow);
  if v_kind is null then
    v_at := null;
    v_key := null;
  else
    perform app.enqueue_message(p_workflow.shard, 'inbound', p_workflow.conversation_id, p_workflow.tenant_id, 'workflow_timer',
      jsonb_build_object('workflow_id', p_workflow.id, 'version', p_workflow.version, 'timer', v_kind),
      p_correlation_id => format('workflow:%s:%s', p_workflow.id, p_workflow.version), p_idempotency_key => v_key, p_run_at => v_at);
  end if;
  update app.workflow_states set wake_at = v_at, timer_key = v_key where shard = p_workflow.shard and id = p_workflow.id;
end;
$$;

revoke execute on function app.set_workflow_timer from public;
grant execute on function app.set_workflow_timer to service_role;

-- 52_workflows/start_workflow.sql
-- Begins a workflow in a conversation with its first step, which is version 1.
-- p_step: {step, status: 'waiting' | 'running', state, wait_s, remind_s}: see advance_workflow. p_id: whoever may call
-- twice brings one. p_turn_id: the turn whose answer it is committed with.
-- Returns its id. Idempotent by p_id. Raises SB409 while another one of that name is open in the conversation, SB404 for an
-- unknown conversation, 23514 for a status that is none. Locks: the workflow, then as set_workflow_timer.
-- Called by: apply_workflow_steps, people.
create function app.start_workflow (
  p_shard           smallint,
  p_conversation_id uuid,
  p_workflow        text,
  p_step            jsonb,
  p_id              uuid default gen_random_uuid(),
  p_turn_id         uuid default null
)
  returns uuid
  language plpgsql
  set search_path = ''
as $$
declare
  v_now      timestamptz := app.now();
  v_tenant   uuid;
  v_workflow app.workflow_states;
begin
  select tenant_id into v_tenant from public.conversations where shard = p_shard and id = p_conversation_id;
  if not found then
    raise exception sqlstate 'SB404' using message = format('there is no conversation %s in shard %s', p_conversation_id, p_shard);
  end if;

  insert into app.workflow_states
    (shard, id, tenant_id, conversation_id, workflow, step, status, state, expires_at, remind_at, created_at, updated_at)
  values (p_shard, p_id, v_tenant, p_conversation_id, p_workflow, p_step ->> 'step', p_step ->> 'status', coalesce(p_step -> 'state', '{}'),
          v_now + make_interval(secs => (p_step ->> 'wait_s')::double precision),
          v_now + make_interval(secs => (p_step ->> 'remind_s')::double precision), v_now, v_now)
  on conflict do nothing
  returning * into v_workflow;
  if v_workflow.id is null then
    if exists (select from app.workflow_states where shard = p_shard and id = p_id and conversation_id = p_conversation_id) then
      return p_id;
    end if;
    raise exception sqlstate 'SB409'
      using message = format('a workflow %s is open in conversation %s', p_workflow, p_conversation_id), hint = 'advance it, or cancel it first';
  end if;

  perform app.note_workflow_step(v_workflow, p_turn_id);
  if not coalesce((p_step ->> 'passes')::boolean, false) then
    perform app.set_workflow_timer(v_workflow);
  end if;
  return p_id;
end;
$$;

revoke execute on function app.start_workflow from public;
grant execute on function app.start_workflow to service_role;

-- 52_workflows/timeout_workflow.sql
-- Ends an open workflow because its time is over. Returns whether it was open (and, with p_version, at that version): one
-- that went on meanwhile is left alone. Idempotent. Locks: as finish_workflow. Called by: end_workflow_timers, people.
create function app.timeout_workflow (
  p_shard   smallint,
  p_id      uuid,
  p_version integer default null,
  p_turn_id uuid    default null
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
begin
  perform from app.workflow_states
    where shard = p_shard and id = p_id and finished_at is null and version = coalesce(p_version, version) for update;
  if found then
    perform app.finish_workflow(p_shard, p_id, null, '{"status": "timed_out"}', p_turn_id);
  end if;
  return found;
end;
$$;

revoke execute on function app.timeout_workflow from public;
grant execute on function app.timeout_workflow to service_role;

-- 52_workflows/workflows_fit.sql
-- Whether the steps of an answer build upon what the workflows of the conversation are: nobody has ended or begun one
-- while the agent worked. p_steps: as for apply_workflow_steps. Locks: the open workflows of the conversation, ascending.
-- Called by: complete_turn.
create function app.workflows_fit (
  p_shard           smallint,
  p_conversation_id uuid,
  p_steps           jsonb
)
  returns boolean
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
begin
  perform from app.workflow_states
    where shard = p_shard and conversation_id = p_conversation_id and finished_at is null order by id for update;
  return not exists (
    select from (
      select distinct on (s.step ->> 'id') s.step
        from jsonb_array_elements(p_steps) with ordinality as s (step, ordinal)
       order by s.step ->> 'id', s.ordinal) as f
      left join app.workflow_states w on w.shard = p_shard and w.id = (f.step ->> 'id')::uuid
     where (f.step ->> 'version')::integer <> coalesce(w.version, 0) or w.finished_at is not null or w.conversation_id <> p_conversation_id)
    and not exists (
      select from jsonb_array_elements(p_steps) as b (step)
        join app.workflow_states w
          on w.shard = p_shard and w.conversation_id = p_conversation_id and w.finished_at is null and w.workflow = b.step ->> 'name'
       where (b.step ->> 'version')::integer = 0 and not exists (select from jsonb_array_elements(p_steps) as o (step) where o.step ->> 'id' = w.id::text));
end;
$$;

revoke execute on function app.workflows_fit from public;
grant execute on function app.workflows_fit to service_role;

-- 55_tasks/10_tasks.sql
-- What only a person can decide: a message that cannot be sent as it is, a number that Meta holds back, a broken token.
-- Open until somebody resolves it, or until what it was about has gone away by itself.

create table public.tasks (
  shard               smallint    not null default 0,
  id                  uuid        not null default gen_random_uuid(),
  tenant_id           uuid        not null,
  kind                text        not null check (kind in ('message_parked', 'send_unknown', 'number_paused', 'channel_stopped', 'template_missing', 'workflow_failed')),
  -- What it is about, as one word of its own: the id of a message, an account, a workflow. One open task for each.
  subject             text        not null check (length(subject) between 1 and 200),
  -- In plain words, with what to do about it; no personal data.
  reason              text        not null check (length(reason) between 1 and 1000),
  detail              jsonb       not null default '{}',
  account_id          uuid,
  conversation_id     uuid,
  outbound_message_id uuid,
  -- How often it came up while it was open.
  seen                integer     not null default 1,
  created_at          timestamptz not null default now(),
  last_seen_at        timestamptz not null default now(),
  resolved_at         timestamptz,
  -- Who resolved it ('user:<uuid>', 'key:<uuid>', 'system'), and how.
  resolved_by         text,
  resolution          text,
  primary key (shard, id),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade,
  foreign key (shard, account_id) references public.whatsapp_accounts (shard, id) on delete cascade,
  foreign key (shard, conversation_id) references public.conversations (shard, id) on delete cascade,
  check ((resolved_at is null) = (resolved_by is null)),
  check (resolution is null or resolved_at is not null)
);
comment on table public.tasks is 'What waits for a person''s decision, and what was decided.';
create unique index tasks_one_open on public.tasks (shard, tenant_id, kind, subject) where resolved_at is null;
create index tasks_account on public.tasks (shard, account_id);
create index tasks_conversation on public.tasks (shard, conversation_id);

alter table public.tasks enable row level security;
create policy "members see their tasks" on public.tasks
  for select to authenticated using (tenant_id in (select app.member_tenant_ids()));
grant select on public.tasks to authenticated;
grant select, insert, update, delete on public.tasks to service_role;

-- 55_tasks/open_task.sql
-- Asks a person for a decision. Idempotent: while a task of that kind about that subject is open, it is the same one, with
-- the newest reason. p_about: {account_id, conversation_id, outbound_message_id, detail}, each as far as it is known.
-- Returns the task's id. Locks: the task. Called by: whatever cannot go on by itself.
create function app.open_task (
  p_shard     smallint,
  p_tenant_id uuid,
  p_kind      text,
  p_subject   text,
  p_reason    text,
  p_about     jsonb default '{}'
)
  returns uuid
  language plpgsql
  set search_path = ''
as $$
declare
  v_now timestamptz := app.now();
  v_id  uuid;
begin
  insert into public.tasks as t
    (shard, tenant_id, kind, subject, reason, detail, account_id, conversation_id, outbound_message_id, created_at, last_seen_at)
  values (p_shard, p_tenant_id, p_kind, p_subject, p_reason, coalesce(p_about -> 'detail', '{}'), (p_about ->> 'account_id')::uuid,
          (p_about ->> 'conversation_id')::uuid, (p_about ->> 'outbound_message_id')::uuid, v_now, v_now)
  on conflict (shard, tenant_id, kind, subject) where resolved_at is null do update
    set reason = excluded.reason, detail = excluded.detail, seen = t.seen + 1, last_seen_at = excluded.last_seen_at
  returning t.id into strict v_id;
  return v_id;
end;
$$;

revoke execute on function app.open_task from public;
grant execute on function app.open_task to service_role;

-- 55_tasks/resolve_task.sql
-- Ends the open task of a kind about a subject. p_by: who ('user:<uuid>', 'key:<uuid>', 'system'). p_resolution: how.
-- Returns whether one was open. Idempotent. Locks: the task. Called by: people, and whatever made it needless.
create function app.resolve_task (
  p_shard      smallint,
  p_tenant_id  uuid,
  p_kind       text,
  p_subject    text,
  p_by         text,
  p_resolution text default null
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
begin
  update public.tasks
     set resolved_at = app.now(), resolved_by = p_by, resolution = p_resolution
   where shard = p_shard and tenant_id = p_tenant_id and kind = p_kind and subject = p_subject and resolved_at is null;
  return found;
end;
$$;

revoke execute on function app.resolve_task from public;
grant execute on function app.resolve_task to service_role;

-- 60_outbox/10_outbox.sql
-- What we want to send, and every try at sending it.
-- The states are drawn in ../README.md.

create table app.outbound_message (
  shard               smallint    not null default 0,
  id                  uuid        not null default gen_random_uuid(),
  tenant_id           uuid        not null,
  account_id          uuid        not null,
  conversation_id     uuid        not null,
  -- The same message as people see it.
  message_id          uuid        not null,
  turn_id             uuid,
  idempotency_key     text        not null check (length(idempotency_key) between 1 and 200),
  content             jsonb       not null,
  -- What left in its place, when that is something else: with the disclosure, or a template because the window was closed.
  sent_content        jsonb,
  -- Not before then.
  send_at             timestamptz,
  -- Why it leaves to who has opted out.
  purpose             text        check (purpose in ('consent_confirmation')),
  status              text        not null default 'QUEUED'
                      check (status in ('QUEUED', 'SENDING', 'SENT', 'DELIVERED', 'READ', 'PLAYED', 'FAILED', 'CANCELLED', 'UNKNOWN', 'PARKED')),
  -- Of the last attempt that was taken.
  provider_message_id text,
  -- Why it stands as it does: {code, class, message}. A message that is queued again keeps its last refusal here.
  error               jsonb,
  -- Refusals that count against the schedule (refuse_outbound), since it was queued or a person queued it again.
  refused             smallint    not null default 0,
  correlation_id      text        not null,
  created_at          timestamptz not null,
  unknown_since       timestamptz,
  sent_at             timestamptz,
  delivered_at        timestamptz,
  read_at             timestamptz,
  played_at           timestamptz,
  failed_at           timestamptz,
  cancelled_at        timestamptz,
  primary key (shard, id),
  unique (shard, tenant_id, idempotency_key),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade,
  foreign key (shard, account_id) references public.whatsapp_accounts (shard, id) on delete cascade,
  foreign key (shard, conversation_id) references public.conversations (shard, id) on delete cascade,
  foreign key (shard, message_id) references public.messages (shard, id) on delete cascade,
  check (status not in ('SENT', 'DELIVERED', 'READ', 'PLAYED') or provider_message_id is not null),
  check ((status = 'FAILED') = (failed_at is not null)),
  check (status = 'CANCELLED' or cancelled_at is null),
  check (status <> 'FAILED' or error is not null),
  check (status <> 'UNKNOWN' or unknown_since is not null)
) with (fillfactor = 70);
comment on table app.outbound_message is 'The outbox: what we want to send and how far it came.';
create unique index outbound_message_provider_id on app.outbound_message (shard, account_id, provider_message_id)
  where provider_message_id is not null;
create index outbound_message_conversation on app.outbound_message (shard, conversation_id);
create index outbound_message_message on app.outbound_message (shard, message_id);

create table app.outbound_attempt (
  shard               smallint    not null default 0,
  outbound_message_id uuid        not null,
  attempt_no          smallint    not null check (attempt_no > 0),
  state               text        not null check (state in ('INTENT', 'IO_STARTED', 'ACCEPTED', 'REJECTED', 'UNKNOWN')),
  -- The fencing token under which it was made.
  token               bigint      not null,
  worker              text        not null,
  started_at          timestamptz not null,
  -- From then on nobody but the provider knows whether it was taken.
  io_started_at       timestamptz,
  finished_at         timestamptz,
  provider_message_id text,
  error_code          text,
  response            jsonb,
  next_retry_at       timestamptz,
  primary key (shard, outbound_message_id, attempt_no),
  foreign key (shard, outbound_message_id) references app.outbound_message (shard, id) on delete cascade,
  check ((finished_at is null) = (state in ('INTENT', 'IO_STARTED'))),
  check (state in ('INTENT', 'REJECTED') or io_started_at is not null),
  check (state <> 'INTENT' or io_started_at is null),
  check (next_retry_at is null or state = 'REJECTED')
);
comment on table app.outbound_attempt is 'Every try at sending an outbound message.';

-- What keeps an account from sending. No row: nothing does.
create table app.account_send_state (
  shard         smallint    not null default 0,
  account_id    uuid        not null,
  tenant_id     uuid        not null,
  -- slowed: a rate limit, it goes on by itself. paused, stopped: it goes on when a person says so (resume_account_sending);
  -- stopped also when the credentials are set anew.
  state         text        not null check (state in ('slowed', 'paused', 'stopped')),
  blocked_until timestamptz not null,
  -- Times in a row that it was slowed: each lasts twice as long.
  strikes       smallint    not null default 1,
  code          text        not null,
  reason        text        not null,
  changed_at    timestamptz not null,
  primary key (shard, account_id),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade,
  foreign key (shard, account_id) references public.whatsapp_accounts (shard, id) on delete cascade,
  check ((state = 'slowed') = (blocked_until < 'infinity'))
);
comment on table app.account_send_state is 'Accounts that may not send now, until when and why.';

alter table app.outbound_message enable row level security;
alter table app.outbound_attempt enable row level security;
alter table app.account_send_state enable row level security;
grant select, insert, update, delete on app.outbound_message, app.outbound_attempt, app.account_send_state to service_role;

-- 60_outbox/accept_outbound.sql
-- Notes that the provider took a message, and applies the statuses that came before we knew its id.
-- Locks: outbound message, message, then lock_provider_message, lane, ready. Called by: finish_outbound_attempt.
create function app.accept_outbound (
  p_shard               smallint,
  p_outbound            app.outbound_message,
  p_provider_message_id text
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_outbound app.outbound_message;
  v_orphan   app.orphan_statuses;
begin
  update app.outbound_message
     set status              = case when app.outbound_rank(status) < 1 then 'SENT' else status end,
         provider_message_id = case when app.outbound_rank(status) < 1 then p_provider_message_id
                                    else coalesce(provider_message_id, p_provider_message_id) end,
         sent_at             = coalesce(sent_at, app.now()),
         unknown_since       = null,
         error               = case when status = 'FAILED' then error end
   where shard = p_shard and id = p_outbound.id
  returning * into strict v_outbound;
  perform app.set_message_status(p_shard, v_outbound.message_id, v_outbound.status, v_outbound.provider_message_id);

  -- A status that could not find the message while this was not committed is among the orphans from here on.
  perform app.lock_provider_message(p_shard, p_outbound.account_id, p_provider_message_id);
  for v_orphan in
    delete from app.orphan_statuses
     where shard = p_shard and account_id = p_outbound.account_id and provider_message_id = p_provider_message_id
    returning *
  loop
    perform app.apply_outbound_status(p_shard, p_outbound.id, v_orphan.provider_message_id, v_orphan.status,
      v_orphan.occurred_at, v_orphan.error);
  end loop;
end;
$$;

revoke execute on function app.accept_outbound from public;
grant execute on function app.accept_outbound to service_role;

-- 60_outbox/answer_to_recall.sql
-- The turn whose answer an outbound message is part of, when that answer is to be taken back before it leaves; else null.
-- It is when the customer has written more (the inbound lane waits with more than timers, and is not paused), nothing of the answer has left or
-- may have left, nobody has begun to answer what came later (that turn's agent knows this answer as said), no person has
-- taken over, and the tenant's setting and the limits of is_superseded allow it. Locks: none. Called by: recall_answer.
create function app.answer_to_recall (
  p_shard       smallint,
  p_outbound_id uuid
)
  returns uuid
  language sql
  stable
  set search_path = ''
  set enable_seqscan = off
as $$
  select t.id
    from app.outbound_message o
    join app.queue_ready r on r.shard = o.shard and r.queue = 'inbound' and r.lane_id = o.conversation_id
     and r.leased_by is null and r.parked_at is null
    join app.turns t on t.shard = o.shard and t.id = o.turn_id
    join public.tenants n on n.id = o.tenant_id
    join public.conversations c on c.shard = o.shard and c.id = o.conversation_id
   where o.shard = p_shard and o.id = p_outbound_id and o.status = 'QUEUED'
     and t.status = 'answered' and t.superseded < 2 and n.on_new_message = 'supersede'
     and t.burst_at + make_interval(secs => n.burst_max_wait_ms / 1000.0) > app.now()
     and exists (select from app.message_queue q
                  where q.shard = o.shard and q.queue = 'inbound' and q.lane_id = o.conversation_id and q.seq > r.done and q.kind <> 'workflow_timer')
     and coalesce(c.agent_paused_until <= app.now(), true)
     and not exists (select from app.turns later
                      where later.shard = t.shard and later.conversation_id = t.conversation_id and later.first_seq > t.first_seq)
     and not exists (select from app.outbound_message x
                       left join app.outbound_attempt a on a.shard = x.shard and a.outbound_message_id = x.id
                      where x.shard = o.shard and x.conversation_id = o.conversation_id and x.turn_id = t.id and x.status <> 'CANCELLED'
                        and (x.status <> 'QUEUED' or a.state <> 'REJECTED'));
$$;

revoke execute on function app.answer_to_recall from public;
grant execute on function app.answer_to_recall to service_role;

-- 60_outbox/apply_outbound_status.sql
-- Moves an outbound message to where a status says it is, forward only; the times of steps that come late are noted
-- all the same. A status also proves that the provider took the attempt that it speaks of: one of unknown end becomes
-- ACCEPTED, one that is only intended is given up, and a lane that waited to know goes on.
-- A failed status proves that the attempt was not delivered, and does what a refusal does (refuse_outbound), unless another
-- attempt is at hand or may have been taken: QUEUED again as a new attempt, or FAILED.
-- Which attempt: the one of that provider's id, else the oldest one of which no id is known.
-- p_status: sent | delivered | read | played | failed; anything else raises SB400. p_error: for failed, {code, class, message,
-- retry_after_s}. Idempotent. Locks: outbound message, message, those of refuse_outbound, lane, ready. Called by: ingest_status,
-- accept_outbound.
create function app.apply_outbound_status (
  p_shard               smallint,
  p_outbound_id         uuid,
  p_provider_message_id text,
  p_status              text,
  p_occurred_at         timestamptz,
  p_error               jsonb default null
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_now     timestamptz := app.now();
  v_before  app.outbound_message;
  v_after   app.outbound_message;
  v_attempt app.outbound_attempt;
  v_status  text := upper(p_status);
  v_forward boolean;
begin
  if p_status is null or p_status not in ('sent', 'delivered', 'read', 'played', 'failed') then
    raise exception sqlstate 'SB400' using message = format('%s is no status of a message', coalesce(p_status, 'null'));
  end if;

  select * into strict v_before from app.outbound_message where shard = p_shard and id = p_outbound_id for update;
  v_forward := app.outbound_rank(v_status) > app.outbound_rank(v_before.status);
  select a.* into v_attempt
    from app.outbound_attempt a
   where a.shard = p_shard and a.outbound_message_id = p_outbound_id
     and (a.provider_message_id = p_provider_message_id or (a.provider_message_id is null and a.state in ('IO_STARTED', 'UNKNOWN')))
   order by a.provider_message_id is null, a.attempt_no
   limit 1;
  -- What has failed was sent before: only that it arrived is news.
  if v_status = 'SENT' and v_attempt.state = 'REJECTED' then
    return;
  end if;

  perform app.act_as('{"actor": "provider"}');
  if v_status = 'FAILED' then
    if not v_forward then
      return;
    end if;
    update app.outbound_attempt
       set state = 'REJECTED', finished_at = coalesce(finished_at, v_now), provider_message_id = p_provider_message_id,
           error_code = p_error ->> 'code'
     where shard = p_shard and outbound_message_id = p_outbound_id and attempt_no = v_attempt.attempt_no
       and state in ('IO_STARTED', 'UNKNOWN', 'ACCEPTED');
    -- Told before, or there is another attempt, at hand or maybe taken.
    if (v_attempt.attempt_no is not null and not found) or v_before.status = 'QUEUED' or exists (
      select from app.outbound_attempt a
       where a.shard = p_shard and a.outbound_message_id = p_outbound_id and a.state <> 'REJECTED'
    ) then
      return;
    end if;
    v_after := app.refuse_outbound(p_shard, v_before, v_attempt.attempt_no, coalesce(p_error, '{}'), true, p_occurred_at);
    if v_after.status = 'FAILED' then
      perform app.set_message_status(p_shard, v_before.message_id, null, coalesce(v_before.provider_message_id, p_provider_message_id));
      update app.outbound_message set provider_message_id = coalesce(provider_message_id, p_provider_message_id)
       where shard = p_shard and id = p_outbound_id;
    elsif v_before.status <> 'SENDING' then
      -- Of what is SENDING the work is in its worker's hands, who holds the lane until the time has come.
      perform app.requeue_outbound(p_shard, v_after, (
        select a.next_retry_at from app.outbound_attempt a
         where a.shard = p_shard and a.outbound_message_id = p_outbound_id and a.attempt_no = v_attempt.attempt_no));
    end if;
  else
    update app.outbound_message
       set status              = case when v_forward then v_status else status end,
           provider_message_id = coalesce(provider_message_id, p_provider_message_id),
           error               = case when not v_forward then error end,
           unknown_since       = null,
           sent_at             = case v_status when 'SENT' then coalesce(sent_at, p_occurred_at) else sent_at end,
           delivered_at        = case v_status when 'DELIVERED' then coalesce(delivered_at, p_occurred_at) else delivered_at end,
           read_at             = case v_status when 'READ' then coalesce(read_at, p_occurred_at) else read_at end,
           played_at           = case v_status when 'PLAYED' then coalesce(played_at, p_occurred_at) else played_at end,
           failed_at           = case when not v_forward then failed_at end
     where shard = p_shard and id = p_outbound_id
       and (v_forward or v_before.status not in ('FAILED', 'CANCELLED'));
    perform app.set_message_status(p_shard, v_before.message_id, case when v_forward then v_status end,
      coalesce(v_before.provider_message_id, p_provider_message_id));

    update app.outbound_attempt
       set state               = case when attempt_no = v_attempt.attempt_no then 'ACCEPTED' else 'REJECTED' end,
           finished_at         = v_now,
           provider_message_id = case when attempt_no = v_attempt.attempt_no then p_provider_message_id end,
           next_retry_at       = null,
           error_code          = case when attempt_no = v_attempt.attempt_no then error_code else 'overtaken' end
     where shard = p_shard and outbound_message_id = p_outbound_id
       and ((attempt_no = v_attempt.attempt_no and (state in ('IO_STARTED', 'UNKNOWN') or (state = 'REJECTED' and v_status <> 'SENT')))
            or (attempt_no is distinct from v_attempt.attempt_no and state = 'INTENT'));
  end if;

  if v_before.status in ('UNKNOWN', 'SENDING') then
    perform app.wake_lane(p_shard, 'outbound', v_before.conversation_id);
  end if;
end;
$$;

revoke execute on function app.apply_outbound_status from public;
grant execute on function app.apply_outbound_status to service_role;

-- 60_outbox/block_account.sql
-- Keeps an account from sending, because of what the provider said: slow_number for a while, slow_app all accounts of the
-- tenant at that provider (they share the app and the business account), pause_number and stop_channel until a person,
-- who is asked by a task, says go on. Messages stay QUEUED meanwhile.
-- p_wait_s: seconds that the provider named. Without: 2, 4, 8 ... up to 300 for a number, 60, 120 ... up to 3600 for an
-- app; the row begins anew ten minutes after the last time. A stop outranks a pause, that a slowing; refusals of what
-- was on its way already change nothing.
-- Never waits, because its callers hold messages: while somebody else writes the account's state, this is skipped, and the
-- next refusal says the same again. Locks: the state and the task, under an advisory lock of the account.
-- Called by: refuse_outbound.
create function app.block_account (
  p_shard      smallint,
  p_account_id uuid,
  p_class      text,
  p_code       text,
  p_reason     text,
  p_wait_s     double precision default null
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_now     timestamptz := app.now();
  v_state   text := case p_class when 'pause_number' then 'paused' when 'stop_channel' then 'stopped' else 'slowed' end;
  v_account public.whatsapp_accounts;
  v_old     app.account_send_state;
  v_strikes smallint;
begin
  for v_account in
    select a.*
      from public.whatsapp_accounts a
      join public.whatsapp_accounts mine on mine.shard = a.shard and mine.id = p_account_id
     where a.shard = p_shard and (a.id = mine.id or (p_class = 'slow_app' and a.tenant_id = mine.tenant_id and a.provider = mine.provider))
     order by a.id
  loop
    continue when not pg_try_advisory_xact_lock(hashtextextended('account_send_state:' || v_account.id, p_shard));
    select * into v_old from app.account_send_state where shard = p_shard and account_id = v_account.id;
    continue when v_old.state in ('paused', 'stopped') and (v_old.state = 'stopped' or v_state <> 'stopped');
    continue when v_old.state = 'slowed' and v_state = 'slowed' and v_old.blocked_until > v_now;

    v_strikes := case when v_old.state = 'slowed' and v_old.blocked_until > v_now - interval '10 minutes' then least(v_old.strikes + 1, 20) else 1 end;
    insert into app.account_send_state (shard, account_id, tenant_id, state, blocked_until, strikes, code, reason, changed_at)
    values (p_shard, v_account.id, v_account.tenant_id, v_state,
            case when v_state <> 'slowed' then 'infinity'
                 else v_now + make_interval(secs => coalesce(p_wait_s, case p_class when 'slow_app' then least(30 * power(2, v_strikes), 3600)
                                                                                    else least(power(2, v_strikes), 300) end)) end,
            v_strikes, p_code, left(p_reason, 900), v_now)
    on conflict (shard, account_id) do update
      set state = excluded.state, blocked_until = excluded.blocked_until, strikes = excluded.strikes, code = excluded.code,
          reason = excluded.reason, changed_at = excluded.changed_at;

    if v_state <> 'slowed' then
      perform app.open_task(p_shard, v_account.tenant_id, case v_state when 'paused' then 'number_paused' else 'channel_stopped' end,
        v_account.id::text, left(p_reason, 900),
        jsonb_build_object('account_id', v_account.id, 'detail', jsonb_build_object('code', p_code)));
    end if;
  end loop;
end;
$$;

revoke execute on function app.block_account from public;
grant execute on function app.block_account to service_role;

-- 60_outbox/cancel_outbound_message.sql
-- Gives up a message that certainly has not left: QUEUED or PARKED becomes CANCELLED, and what waits behind it goes on.
-- Returns the new status; idempotent. Raises SB404 when the tenant has no such message, SB409 when it left or may have.
-- Locks: outbound message, message, task, lane, ready. Called by: people.
create function app.cancel_outbound_message (
  p_shard       smallint,
  p_tenant_id   uuid,
  p_outbound_id uuid
)
  returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_outbound app.outbound_message;
begin
  select * into v_outbound from app.outbound_message where shard = p_shard and id = p_outbound_id and tenant_id = p_tenant_id for update;
  if not found then
    raise exception sqlstate 'SB404' using message = format('there is no outbound message %s', p_outbound_id);
  end if;
  if v_outbound.status = 'CANCELLED' then
    return 'CANCELLED';
  end if;
  if v_outbound.status not in ('QUEUED', 'PARKED') or app.may_have_left(p_shard, p_outbound_id) then
    raise exception sqlstate 'SB409'
      using message = format('outbound message %s is %s and cannot be cancelled', p_outbound_id, v_outbound.status),
            hint = case v_outbound.status when 'FAILED' then 'it was not delivered: there is nothing to cancel'
                                          else 'it has left, or may have left' end;
  end if;

  v_outbound := app.set_outbound_status(p_shard, p_outbound_id, 'CANCELLED', '{"code": "cancelled", "message": "a person cancelled it"}');
  perform app.wake_lane(p_shard, 'outbound', v_outbound.conversation_id);
  return v_outbound.status;
end;
$$;

revoke execute on function app.cancel_outbound_message from public;
grant execute on function app.cancel_outbound_message to service_role;

-- 60_outbox/enqueue_outbound_message.sql
-- Stores a message that is to be sent in a conversation and queues it behind those before it.
-- p_author: 'agent', 'person' or 'system'. p_body: what a person reads. p_content: as commons/outbound.ts has it.
-- p_send_at: not before then; it takes its place in the lane when it is due, behind what waits there by then, and keeps
-- nothing waiting until then. Raises SB400 for a template that is known and cannot be sent like this
-- (check_template); in a turn's answer it is refused when it is to leave, so that the turn is not stuck.
-- Returns the outbound message's id. Idempotent by (tenant, p_idempotency_key): the same key gives the same message;
-- the same key with another content raises SB409.
-- Locks: conversation, lane, ready. Called by: complete_turn, apply_consent_word.
create function app.enqueue_outbound_message (
  p_shard           smallint,
  p_conversation_id uuid,
  p_author          text,
  p_body            text,
  p_content         jsonb,
  p_idempotency_key text,
  p_correlation_id  text,
  p_turn_id         uuid default null,
  p_send_at         timestamptz default null
)
  returns uuid
  language plpgsql
  set search_path = ''
as $$
declare
  v_now          timestamptz := app.now();
  v_conversation public.conversations;
  v_outbound     app.outbound_message;
  v_message_id   uuid := gen_random_uuid();
  v_refs         jsonb := app.resolve_message_refs(p_shard, p_conversation_id, p_content);
  v_problem      text;
begin
  select * into strict v_conversation from public.conversations where shard = p_shard and id = p_conversation_id for no key update;

  select * into v_outbound
    from app.outbound_message
   where shard = p_shard and tenant_id = v_conversation.tenant_id and idempotency_key = p_idempotency_key;
  if found then
    if v_outbound.content <> p_content or v_outbound.conversation_id <> p_conversation_id then
      raise exception sqlstate 'SB409'
        using message = format('the idempotency key %s was used for another message', p_idempotency_key),
              hint = 'use a new key for a new message';
    end if;
    return v_outbound.id;
  end if;

  if p_content ->> 'type' = 'template' and p_turn_id is null then
    v_problem := app.check_template(p_shard, v_conversation.account_id, p_content);
    if v_problem is not null then
      raise exception sqlstate 'SB400' using message = v_problem;
    end if;
  end if;

  update public.conversations
     set last_position = last_position + 1, last_message_at = v_now
   where shard = p_shard and id = p_conversation_id
  returning * into v_conversation;

  insert into public.messages
    (shard, id, tenant_id, account_id, conversation_id, position, direction, author, type, body, content, reply_to, status,
     turn_id, correlation_id, occurred_at, created_at)
  values (p_shard, v_message_id, v_conversation.tenant_id, v_conversation.account_id, p_conversation_id,
          v_conversation.last_position, 'out', p_author, p_content ->> 'type', p_body, p_content,
          coalesce(v_refs ->> 'replyTo', v_refs ->> 'messageId'), 'QUEUED', p_turn_id, p_correlation_id, v_now, v_now);

  insert into app.outbound_message
    (shard, tenant_id, account_id, conversation_id, message_id, turn_id, idempotency_key, content, correlation_id, send_at, created_at)
  values (p_shard, v_conversation.tenant_id, v_conversation.account_id, p_conversation_id, v_message_id, p_turn_id,
          p_idempotency_key, p_content, p_correlation_id, p_send_at, v_now)
  on conflict (shard, tenant_id, idempotency_key) do nothing
  returning * into v_outbound;
  -- In this conversation nobody else was at it; so it was for another one, at the same time.
  if not found then
    raise exception sqlstate 'SB409'
      using message = format('the idempotency key %s was used for another message', p_idempotency_key),
            hint = 'use a new key for a new message';
  end if;

  perform app.enqueue_message(p_shard, 'outbound', p_conversation_id, v_conversation.tenant_id, 'send',
    jsonb_build_object('outbound_id', v_outbound.id), p_correlation_id, p_run_at => p_send_at);
  return v_outbound.id;
end;
$$;

revoke execute on function app.enqueue_outbound_message from public;
grant execute on function app.enqueue_outbound_message to service_role;

-- 60_outbox/finish_outbound_attempt.sql
-- Records how an attempt ended and lets the lane go on accordingly.
-- p_outcome: {state: 'ACCEPTED', provider_message_id, response} | {state: 'REJECTED', class, code, message, response,
-- retry_after_s} | {state: 'UNKNOWN', code, message}.
-- Accepted: SENT, and what orphaned statuses already say. Rejected: what the class means (refuse_outbound): QUEUED again and
-- tried later in its place, or FAILED, and the lane moves on. Unknown: UNKNOWN, and the lane waits for a status.
-- When a status overtook the send it has settled the attempt, and the message stays where that put it.
-- Returns the message's status. Raises SB001 when the lease is stale: the outcome is then found by the next worker through
-- the statuses. Locks: outbound message, message, those of refuse_outbound, lane, ready. Called by: commons/handlers/send.ts.
create function app.finish_outbound_attempt (
  p_shard       smallint,
  p_lane_id     uuid,
  p_token       bigint,
  p_seq         bigint,
  p_outbound_id uuid,
  p_attempt_no  smallint,
  p_outcome     jsonb
)
  returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_now      timestamptz := app.now();
  v_state    text := p_outcome ->> 'state';
  v_outbound app.outbound_message;
  v_ours     boolean;
begin
  select * into strict v_outbound from app.outbound_message where shard = p_shard and id = p_outbound_id for update;
  perform app.assert_lease(p_shard, 'outbound', p_lane_id, p_token);

  -- A provider that never said that it was about to send has sent all the same: what happened is what is written.
  update app.outbound_attempt set state = 'IO_STARTED', io_started_at = v_now
   where shard = p_shard and outbound_message_id = p_outbound_id and attempt_no = p_attempt_no and state = 'INTENT' and v_state <> 'REJECTED';
  update app.outbound_attempt
     set state               = v_state,
         finished_at         = v_now,
         provider_message_id = p_outcome ->> 'provider_message_id',
         error_code          = p_outcome ->> 'code',
         response            = p_outcome -> 'response'
   where shard = p_shard and outbound_message_id = p_outbound_id and attempt_no = p_attempt_no and state in ('INTENT', 'IO_STARTED');
  v_ours := found;
  if not v_ours and v_state = 'ACCEPTED' then
    update app.outbound_attempt set response = p_outcome -> 'response'
     where shard = p_shard and outbound_message_id = p_outbound_id and attempt_no = p_attempt_no and state = 'ACCEPTED';
    v_ours := found;
  end if;

  if v_ours and v_state = 'ACCEPTED' then
    perform app.accept_outbound(p_shard, v_outbound, p_outcome ->> 'provider_message_id');
  elsif v_ours and v_outbound.status = 'SENDING' then
    if v_state = 'UNKNOWN' then
      perform app.set_outbound_status(p_shard, p_outbound_id, 'UNKNOWN', p_outcome - 'state');
    else
      perform app.refuse_outbound(p_shard, v_outbound, p_attempt_no, p_outcome - array['state', 'response'], false, v_now);
    end if;
  end if;

  select * into strict v_outbound from app.outbound_message where shard = p_shard and id = p_outbound_id;
  if v_outbound.status = 'UNKNOWN' then
    perform app.hold_lane(p_shard, 'outbound', p_lane_id, p_token, v_now + (
      select make_interval(secs => t.unknown_send_wait_s) from public.tenants t where t.shard = p_shard and t.id = v_outbound.tenant_id));
  elsif v_outbound.status = 'QUEUED' then
    perform app.hold_lane(p_shard, 'outbound', p_lane_id, p_token, coalesce((
      select a.next_retry_at from app.outbound_attempt a
       where a.shard = p_shard and a.outbound_message_id = p_outbound_id and a.attempt_no = p_attempt_no), v_now));
  else
    perform app.complete_queue_messages(p_shard, 'outbound', p_lane_id, p_token, p_seq);
  end if;
  return v_outbound.status;
end;
$$;

revoke execute on function app.finish_outbound_attempt from public;
grant execute on function app.finish_outbound_attempt to service_role;

-- 60_outbox/follow_parked_message.sql
-- Asks a person about a message that became PARKED, and ends the question when the message moves on. The kind of the
-- task says what is asked: send_unknown, whether the provider took it; message_parked, what is to become of it.
-- Locks: the task; the outbound message is locked. Called by: the trigger below, whoever changes the status.
create function app.follow_parked_message ()
  returns trigger
  language plpgsql
  set search_path = ''
as $$
declare
  v_unknown boolean;
begin
  if new.status <> 'PARKED' then
    perform app.resolve_task(new.shard, new.tenant_id, x.kind, new.id::text, 'system', 'the message is ' || new.status)
       from unnest(array['message_parked', 'send_unknown']) as x (kind);
    return null;
  end if;

  v_unknown := app.may_have_left(new.shard, new.id);
  perform app.open_task(new.shard, new.tenant_id, case when v_unknown then 'send_unknown' else 'message_parked' end, new.id::text,
    case when v_unknown
         then 'Nobody knows whether the provider took this message, and no status came. Look whether the customer has it: '
              || 'if not, send it again (retry); if so, resolve this task.'
         else left(coalesce(new.error ->> 'message', 'The message cannot be sent as it is.'), 900) end,
    jsonb_build_object('account_id', new.account_id, 'conversation_id', new.conversation_id, 'outbound_message_id', new.id,
      'detail', jsonb_strip_nulls(jsonb_build_object('code', new.error -> 'code'))));
  return null;
end;
$$;

revoke execute on function app.follow_parked_message from public;
grant execute on function app.follow_parked_message to service_role;

create trigger follow_parked_message
  after update of status on app.outbound_message
  for each row when (old.status is distinct from new.status and (old.status = 'PARKED' or new.status = 'PARKED'))
  execute function app.follow_parked_message();

-- 60_outbox/forget_refusals.sql
-- Lets the schedule of an outbound message begin anew, at once: a person wants it sent.
-- Locks: none of its own; the caller has locked the outbound message. Called by: retry_outbound_message, replay_dead_letter.
create function app.forget_refusals (
  p_shard       smallint,
  p_outbound_id uuid
)
  returns void
  language sql
  set search_path = ''
as $$
  update app.outbound_message set refused = 0 where shard = p_shard and id = p_outbound_id and refused > 0;
  update app.outbound_attempt set next_retry_at = null
   where shard = p_shard and outbound_message_id = p_outbound_id and next_retry_at is not null;
$$;

revoke execute on function app.forget_refusals from public;
grant execute on function app.forget_refusals to service_role;

-- 60_outbox/guard_outbound_attempt.sql
-- Keeps an attempt within the state machine of ../README.md: any other step raises 23514.
-- Called by: the trigger below, for every change of the state.
create function app.guard_outbound_attempt ()
  returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  if new.state = any (case old.state
    when 'INTENT'     then array['IO_STARTED', 'REJECTED']
    when 'IO_STARTED' then array['ACCEPTED', 'REJECTED', 'UNKNOWN']
    when 'UNKNOWN'    then array['ACCEPTED', 'REJECTED']
    when 'ACCEPTED'   then array['REJECTED']
    when 'REJECTED'   then array['ACCEPTED']
  end) then
    return new;
  end if;
  raise exception using errcode = 'check_violation',
    message = format('attempt %s of outbound message %s cannot go from %s to %s', new.attempt_no, new.outbound_message_id, old.state, new.state),
    hint = 'the states are drawn in supabase/schemas/README.md';
end;
$$;

revoke execute on function app.guard_outbound_attempt from public;
grant execute on function app.guard_outbound_attempt to service_role;

create trigger guard_outbound_attempt
  before update of state on app.outbound_attempt
  for each row when (old.state is distinct from new.state)
  execute function app.guard_outbound_attempt();

-- 60_outbox/guard_outbound_message.sql
-- Keeps an outbound message within the state machine of ../README.md: any other step raises 23514.
-- Called by: the trigger below, for every change of the status.
create function app.guard_outbound_message ()
  returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  if new.status = any (case old.status
    when 'QUEUED'    then array['SENDING', 'FAILED', 'CANCELLED', 'PARKED', 'SENT', 'DELIVERED', 'READ', 'PLAYED']
    when 'SENDING'   then array['QUEUED', 'UNKNOWN', 'FAILED', 'PARKED', 'SENT', 'DELIVERED', 'READ', 'PLAYED']
    when 'UNKNOWN'   then array['QUEUED', 'SENDING', 'FAILED', 'PARKED', 'SENT', 'DELIVERED', 'READ', 'PLAYED']
    when 'PARKED'    then array['QUEUED', 'FAILED', 'CANCELLED', 'SENT', 'DELIVERED', 'READ', 'PLAYED']
    when 'SENT'      then array['QUEUED', 'FAILED', 'DELIVERED', 'READ', 'PLAYED']
    when 'FAILED'    then array['QUEUED', 'DELIVERED', 'READ', 'PLAYED']
    when 'DELIVERED' then array['READ', 'PLAYED']
    when 'READ'      then array['PLAYED']
    else '{}'
  end) then
    return new;
  end if;
  raise exception using errcode = 'check_violation',
    message = format('outbound message %s cannot go from %s to %s', new.id, old.status, new.status),
    hint = 'the states are drawn in supabase/schemas/README.md';
end;
$$;

revoke execute on function app.guard_outbound_message from public;
grant execute on function app.guard_outbound_message to service_role;

create trigger guard_outbound_message
  before update of status on app.outbound_message
  for each row when (old.status is distinct from new.status)
  execute function app.guard_outbound_message();

-- 60_outbox/lose_outbound_attempts.sql
-- Settles what a worker left open that is not at it any more: an INTENT has certainly not left (REJECTED), of what had
-- begun to leave nobody knows (UNKNOWN). In this order: between the two an attempt can no longer begin to leave.
-- Locks: the attempts; the caller has locked their outbound messages. Called by: start_outbound_attempt, fail_dead_outbound.
create function app.lose_outbound_attempts (
  p_shard smallint,
  p_ids   uuid[]
)
  returns void
  language sql
  set search_path = ''
as $$
  update app.outbound_attempt
     set state = 'REJECTED', finished_at = app.now(), error_code = 'worker_lost'
   where shard = p_shard and outbound_message_id = any (p_ids) and state = 'INTENT';
  update app.outbound_attempt
     set state = 'UNKNOWN', finished_at = app.now(), error_code = 'worker_lost'
   where shard = p_shard and outbound_message_id = any (p_ids) and state = 'IO_STARTED';
$$;

revoke execute on function app.lose_outbound_attempts from public;
grant execute on function app.lose_outbound_attempts to service_role;

-- 60_outbox/mark_outbound_io.sql
-- Writes down that an attempt leaves now: from here on only the provider knows whether it was taken. Called with the
-- request ready, right before its first byte; what crashed before has certainly not left.
-- Returns false when the attempt is not ours to make any more (another worker took the lane over and settled it, or a
-- status has told that an earlier attempt was taken): nothing may leave then. The attempt's row alone decides: whoever takes a
-- lane over, and every status, settles it first. Idempotent: never true twice.
-- Locks: the attempt. Called by: commons/handlers/send.ts.
create function app.mark_outbound_io (
  p_shard       smallint,
  p_outbound_id uuid,
  p_attempt_no  smallint,
  p_token       bigint
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
begin
  update app.outbound_attempt
     set state = 'IO_STARTED', io_started_at = app.now()
   where shard = p_shard and outbound_message_id = p_outbound_id and attempt_no = p_attempt_no and token = p_token and state = 'INTENT';
  return found;
end;
$$;

revoke execute on function app.mark_outbound_io from public;
grant execute on function app.mark_outbound_io to service_role;

-- 60_outbox/may_have_left.sql
-- Whether any attempt at an outbound message was taken by the provider, or may have been.
-- Called by: follow_parked_message, cancel_outbound_message, cancel_queue_messages, fail_dead_outbound.
create function app.may_have_left (
  p_shard       smallint,
  p_outbound_id uuid
)
  returns boolean
  language sql
  stable
  set search_path = ''
as $$
  select exists (select from app.outbound_attempt a
                  where a.shard = p_shard and a.outbound_message_id = p_outbound_id and a.state in ('IO_STARTED', 'UNKNOWN', 'ACCEPTED'));
$$;

revoke execute on function app.may_have_left from public;
grant execute on function app.may_have_left to service_role;

-- 60_outbox/message_trace.sql
-- The way of one incoming message through the system, step by step with its times: for the simulator's page and for
-- people who look for a lost minute. In `public`, because it is read through the API; for the service role only.
-- p_provider_message_id: the id that the provider gave the customer's message. No rows: never seen.
-- Called by: packages/simulator, over POST /rest/v1/rpc/message_trace.
create function public.message_trace (
  p_provider_message_id text
)
  returns table (at timestamptz, step text, detail jsonb)
  language sql
  stable
  set search_path = ''
as $$
  with message as (
    select m.*
      from public.whatsapp_accounts a
      join public.messages m on m.shard = a.shard and m.account_id = a.id and m.provider_message_id = p_provider_message_id
     where m.direction = 'in'
     limit 1
  ), turn as (
    select t.* from app.turns t join message m on t.shard = m.shard and t.id = m.turn_id
  ), sent as (
    select o.* from app.outbound_message o join turn t on o.shard = t.shard and o.conversation_id = t.conversation_id and o.turn_id = t.id
  )
  select s.at, s.step, s.detail
    from (
      select m.created_at, 'ingested', jsonb_build_object('correlation_id', m.correlation_id, 'position', m.position) from message m
      union all
      select t.claimed_at, 'claimed', jsonb_build_object('tries', t.tries, 'messages', t.last_seq - t.first_seq + 1) from turn t
      union all
      select t.agent_called_at, 'agent_called', jsonb_build_object('service', t.service, 'endpoint', t.endpoint) from turn t
      union all
      select t.finished_at, t.status, jsonb_build_object('agent_ms', t.agent_ms, 'reason', t.reason, 'usage', t.usage) from turn t
       where t.status <> 'superseded'
      union all
      select t.superseded_at, 'superseded', jsonb_build_object('answers', t.superseded) from turn t
      union all
      select o.created_at, 'outbound_stored', jsonb_build_object('outbound_id', o.id) from sent o
      union all
      select o.cancelled_at, 'cancelled', jsonb_build_object('outbound_id', o.id, 'code', o.error ->> 'code', 'reason', o.error ->> 'message')
        from sent o
      union all
      select a.started_at, 'send_prepared', jsonb_build_object('attempt', a.attempt_no)
        from sent o join app.outbound_attempt a on a.shard = o.shard and a.outbound_message_id = o.id
      union all
      select a.io_started_at, 'send_started', jsonb_build_object('attempt', a.attempt_no)
        from sent o join app.outbound_attempt a on a.shard = o.shard and a.outbound_message_id = o.id
      union all
      select a.finished_at, lower(a.state), jsonb_build_object('attempt', a.attempt_no, 'code', a.error_code)
        from sent o join app.outbound_attempt a on a.shard = o.shard and a.outbound_message_id = o.id
      union all
      -- A provider tells whole seconds: a status does not stand before the attempt that it speaks of.
      select case when x.at is not null then greatest(x.at, o.sent_at, (
               select max(coalesce(a.finished_at, a.started_at)) from app.outbound_attempt a
                where a.shard = o.shard and a.outbound_message_id = o.id)) end, x.step, '{}'
        from sent o
        cross join lateral (values (o.sent_at, 'status_sent'), (o.delivered_at, 'status_delivered'), (o.read_at, 'status_read'),
                                   (o.failed_at, 'status_failed')) as x (at, step)
    ) as s (at, step, detail)
   where s.at is not null
   order by s.at, array_position(array['send_prepared', 'send_started', 'accepted', 'rejected', 'unknown', 'status_sent', 'status_delivered', 'status_read'], s.step) nulls first;
$$;

revoke execute on function public.message_trace from public;
grant execute on function public.message_trace to service_role;

-- 60_outbox/outbound_rank.sql
-- How far a status is along the way; statuses move an outbound message up this order only.
-- Called by: apply_outbound_status.
create function app.outbound_rank (
  p_status text
)
  returns integer
  language sql
  immutable
  set search_path = ''
as $$
  select case p_status
    when 'PARKED' then 0 when 'QUEUED' then 0 when 'SENDING' then 0 when 'UNKNOWN' then 0
    when 'SENT' then 1 when 'FAILED' then 2 when 'DELIVERED' then 3 when 'READ' then 4 when 'PLAYED' then 5
    else 9 end;
$$;

revoke execute on function app.outbound_rank from public;
grant execute on function app.outbound_rank to service_role;

-- 60_outbox/recall_answer.sql
-- Takes the answer that an outbound message is part of back, when the customer wrote more before any of it began to
-- leave (answer_to_recall): all its messages are CANCELLED, the memory forgets it, its workflow steps are taken back, and its
-- questions go back in front of what came later, so that one turn answers everything. Of an answer of which something has left,
-- the parts that have not are cancelled (cut_answers), and what came later is answered by itself.
-- p_token: the lease of the outbound lane. Returns whether it was taken back. Raises SB001 when the lease is stale.
-- Locks, when there seems to be something to take back and else none: conversation, workflows, memory, lane and ready of inbound,
-- outbound messages in ascending order, messages, lane and ready of outbound. So nothing may be locked before.
-- Called by: start_outbound_attempt.
create function app.recall_answer (
  p_shard       smallint,
  p_lane_id     uuid,
  p_token       bigint,
  p_outbound_id uuid
)
  returns boolean
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_now     timestamptz := app.now();
  v_turn_id uuid;
  v_turn    app.turns;
  v_asked   jsonb;
begin
  -- Almost always nothing waits to be answered: this look is all that a send costs.
  if exists (select from app.queue_ready r
              where r.shard = p_shard and r.queue = 'inbound' and r.lane_id = p_lane_id and r.leased_by is null) then
    v_turn_id := app.answer_to_recall(p_shard, p_outbound_id);
    if v_turn_id is null then
      perform app.cut_answers(p_shard, p_lane_id);
    end if;
  end if;
  if v_turn_id is null then
    return false;
  end if;

  perform from public.conversations where shard = p_shard and id = p_lane_id for no key update;
  perform from app.workflow_states w
    where w.shard = p_shard and w.id in (select s.workflow_id from app.workflow_steps s where s.shard = p_shard and s.turn_id = v_turn_id) order by w.id for update;
  perform from app.ai_conversation_memory where shard = p_shard and conversation_id = p_lane_id for update;
  perform from app.queue_lane where shard = p_shard and queue = 'inbound' and lane_id = p_lane_id for update;
  perform from app.queue_ready where shard = p_shard and queue = 'inbound' and lane_id = p_lane_id for update;
  perform from app.outbound_message
    where shard = p_shard and conversation_id = p_lane_id and turn_id = v_turn_id order by id for update;
  perform app.assert_lease(p_shard, 'outbound', p_lane_id, p_token);
  if app.answer_to_recall(p_shard, p_outbound_id) is distinct from v_turn_id then
    return false;
  end if;

  select jsonb_agg(jsonb_build_object('kind', 'turn', 'correlation_id', m.correlation_id, 'enqueued_at', m.created_at,
           'payload', jsonb_build_object('message_id', m.id, 'position', m.position)) order by m.position)
    into v_asked
    from public.messages m
   where m.shard = p_shard and m.conversation_id = p_lane_id and m.turn_id = v_turn_id and m.direction = 'in';
  if v_asked is null then
    return false;
  end if;

  perform app.set_outbound_status(p_shard, o.id, 'CANCELLED',
            '{"code": "superseded", "message": "the customer wrote more before the answer was sent"}')
     from app.outbound_message o
    where o.shard = p_shard and o.conversation_id = p_lane_id and o.turn_id = v_turn_id and o.status = 'QUEUED';

  update app.turns
     set status = 'superseded', reason = 'the customer wrote more before the answer was sent', superseded = superseded + 1,
         superseded_at = v_now, finished_at = v_now
   where shard = p_shard and id = v_turn_id
  returning * into strict v_turn;
  perform app.forget_turn(p_shard, p_lane_id, v_turn_id);
  perform app.recall_workflows(p_shard, v_turn_id);
  perform app.reopen_lane(p_shard, 'inbound', p_lane_id, v_turn.first_seq, v_asked);
  perform app.hasten_burst(p_shard, p_lane_id, coalesce(r.quiet_until, v_now), make_interval(secs => t.burst_max_wait_ms / 1000.0))
     from app.queue_ready r
     join public.tenants t on t.id = r.tenant_id
    where r.shard = p_shard and r.queue = 'inbound' and r.lane_id = p_lane_id;
  return true;
end;
$$;

revoke execute on function app.recall_answer from public;
grant execute on function app.recall_answer to service_role;

-- 60_outbox/recipient_of.sql
-- Where to send in a conversation: {"phone": "..."} when the person's number is known, else {"bsuid": "..."}; null when
-- neither is. The newest number counts. Called by: start_outbound_attempt.
create function app.recipient_of (
  p_shard           smallint,
  p_conversation_id uuid
)
  returns jsonb
  language sql
  stable
  set search_path = ''
as $$
  select jsonb_build_object(i.kind, i.value)
    from public.conversations c
    join public.contact_identities i on i.shard = c.shard and i.contact_id = c.contact_id
   where c.shard = p_shard and c.id = p_conversation_id and i.kind in ('phone', 'bsuid')
   order by i.kind = 'phone' desc, i.created_at desc
   limit 1;
$$;

revoke execute on function app.recipient_of from public;
grant execute on function app.recipient_of to service_role;

-- 60_outbox/refuse_outbound.sql
-- What a refusal does, whether it is the answer to the send or a failed status that proves that nothing was delivered:
-- the message is QUEUED for another attempt or FAILED (retry_in), and the account is slowed, paused or stopped
-- (block_account), as the class of the error says; what it tells of the window and of consent is kept (note_refusal).
-- p_error: {class, code, message, retry_after_s}; without a class: never again. p_counts: against the tenant's limit, although the
-- class does not (the limits of an account are no fault of the message; a message that was taken and failed has had its try).
-- p_at: when it failed. Returns the message's new row; queueing its work again, where that is gone, is the caller's.
-- Locks: message, account_send_state and tasks (without waiting); the caller has locked the outbound message.
-- Called by: finish_outbound_attempt, apply_outbound_status.
create function app.refuse_outbound (
  p_shard      smallint,
  p_outbound   app.outbound_message,
  p_attempt_no smallint,
  p_error      jsonb,
  p_counts     boolean,
  p_at         timestamptz
)
  returns app.outbound_message
  language plpgsql
  set search_path = ''
as $$
declare
  v_class   text := coalesce(p_error ->> 'class', 'never');
  v_counts  boolean := p_counts or v_class in ('retry', 'slow_pair', 'later', 'window_closed', 'reupload');
  v_refused smallint := p_outbound.refused + v_counts::integer;
  v_wait    double precision := (p_error ->> 'retry_after_s')::double precision;
  v_delay   interval := app.retry_in(v_class, v_refused, (
    select t.send_retry_s from public.tenants t where t.shard = p_shard and t.id = p_outbound.tenant_id), v_wait, p_outbound.id);
begin
  perform app.note_refusal(p_shard, p_outbound, p_attempt_no, p_error ->> 'code');
  if v_class in ('slow_number', 'slow_app', 'pause_number', 'stop_channel') then
    perform app.block_account(p_shard, p_outbound.account_id, v_class, coalesce(p_error ->> 'code', 'unknown'),
      coalesce(p_error ->> 'message', v_class), v_wait);
  end if;

  update app.outbound_message set refused = v_refused where shard = p_shard and id = p_outbound.id and refused <> v_refused;
  if v_delay is null then
    return app.set_outbound_status(p_shard, p_outbound.id, 'FAILED', p_error, p_at);
  end if;

  update app.outbound_attempt
     set next_retry_at = case when v_class not in ('pause_number', 'stop_channel') then app.now() + v_delay end
   where shard = p_shard and outbound_message_id = p_outbound.id and attempt_no = p_attempt_no and state = 'REJECTED';
  return app.set_outbound_status(p_shard, p_outbound.id, 'QUEUED', p_error);
end;
$$;

revoke execute on function app.refuse_outbound from public;
grant execute on function app.refuse_outbound to service_role;

-- 60_outbox/requeue_outbound.sql
-- Sees to it that an outbound message that is QUEUED again is worked on: when its work is still in the lane, the lane
-- looks at it now; else there is new work, behind what waits there, not before p_at.
-- Locks: lane, ready; the caller has locked the outbound message. Called by: apply_outbound_status, retry_outbound_message.
create function app.requeue_outbound (
  p_shard    smallint,
  p_outbound app.outbound_message,
  p_at       timestamptz default null
)
  returns void
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
begin
  if exists (select from app.message_queue q
              where q.shard = p_shard and q.queue = 'outbound' and q.lane_id = p_outbound.conversation_id
                and app.outbound_id(q.payload) = p_outbound.id) then
    perform app.wake_lane(p_shard, 'outbound', p_outbound.conversation_id);
  else
    perform app.enqueue_message(p_shard, 'outbound', p_outbound.conversation_id, p_outbound.tenant_id, 'send',
      jsonb_build_object('outbound_id', p_outbound.id), p_outbound.correlation_id, p_run_at => p_at);
  end if;
end;
$$;

revoke execute on function app.requeue_outbound from public;
grant execute on function app.requeue_outbound to service_role;

-- 60_outbox/resolve_message_refs.sql
-- Names the messages that an outgoing content quotes (`replyTo`) or reacts to (`messageId`) as the provider does: where our
-- id of a message of the conversation stands, its provider's id is put; anything else stays as it is.
-- A quote of a message that the provider does not have (it was never accepted) is left out: the message itself still counts.
-- Reads only. Called by: enqueue_outbound_message, start_outbound_attempt.
create function app.resolve_message_refs (
  p_shard           smallint,
  p_conversation_id uuid,
  p_content         jsonb
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  v_content     jsonb := p_content;
  v_field       text;
  v_provider_id text;
begin
  foreach v_field in array array['replyTo', 'messageId'] loop
    continue when not coalesce(v_content ->> v_field ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', false);
    select m.provider_message_id into v_provider_id
      from public.messages m
     where m.shard = p_shard and m.id = (v_content ->> v_field)::uuid and m.conversation_id = p_conversation_id;
    if v_provider_id is not null then
      v_content := jsonb_set(v_content, array[v_field], to_jsonb(v_provider_id));
    elsif v_field = 'replyTo' then
      v_content := v_content - 'replyTo';
    end if;
  end loop;
  return v_content;
end;
$$;

revoke execute on function app.resolve_message_refs from public;
grant execute on function app.resolve_message_refs to service_role;

-- 60_outbox/resume_account_sending.sql
-- Lets an account send again that was slowed, paused or stopped: its messages go on at once, in their order, and the
-- tasks about it are resolved. An account whose own status is not active keeps waiting for that.
-- p_by: who says so ('user:<uuid>', 'key:<uuid>', 'system'). Returns whether anything kept it. Idempotent.
-- Raises SB404 when the tenant has no such account.
-- Locks: the account's advisory lock of block_account, its state and tasks, then lanes in ascending order.
-- Called by: people, set_account_credentials.
create function app.resume_account_sending (
  p_shard      smallint,
  p_tenant_id  uuid,
  p_account_id uuid,
  p_by         text default 'system'
)
  returns boolean
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_blocked boolean;
begin
  if not exists (select from public.whatsapp_accounts where shard = p_shard and id = p_account_id and tenant_id = p_tenant_id) then
    raise exception sqlstate 'SB404' using message = format('there is no account %s', p_account_id);
  end if;

  perform pg_advisory_xact_lock(hashtextextended('account_send_state:' || p_account_id, p_shard));
  delete from app.account_send_state where shard = p_shard and account_id = p_account_id;
  v_blocked := found;
  perform app.resolve_task(p_shard, p_tenant_id, x.kind, p_account_id::text, p_by, 'sending goes on')
     from unnest(array['number_paused', 'channel_stopped']) as x (kind);

  perform app.wake_lane(p_shard, 'outbound', w.lane_id)
     from (select r.lane_id
             from app.queue_ready r
             join public.conversations c on c.shard = r.shard and c.id = r.lane_id and c.account_id = p_account_id
            where r.shard = p_shard and r.queue = 'outbound' and r.tenant_id = p_tenant_id and r.leased_by is null and r.parked_at is null
              and r.at > app.now()
            order by r.lane_id) as w;
  return v_blocked;
end;
$$;

revoke execute on function app.resume_account_sending from public;
grant execute on function app.resume_account_sending to service_role;

-- 60_outbox/retry_in.sql
-- How long a refused message waits for its next attempt; null: it has failed. The class is the provider's table's
-- (commons/providers/*/error-codes.ts); what each class means stands here, once, for refusals and failed statuses alike.
-- p_refused: refusals that count, with this one. p_schedule: tenants.send_retry_s; after its last time the message has failed
-- whatever the class.
-- p_wait_s: the time that the provider or the table names; it goes before the schedule.
-- Without a time: the schedule, up to a tenth later by the message's id, so that what failed together does
-- not come back together. A conversation is a lane, so to wait slows the pair; accounts are slowed and stopped by
-- block_account. Called by: refuse_outbound.
create function app.retry_in (
  p_class       text,
  p_refused     integer,
  p_schedule    integer[],
  p_wait_s      double precision,
  p_outbound_id uuid
)
  returns interval
  language sql
  immutable
  set search_path = ''
as $$
  select case
    when p_refused > cardinality(p_schedule) then null
    -- Our own trouble before anything left: the message is not to blame.
    when p_class = 'again' then interval '1 second'
    when p_class in ('pause_number', 'stop_channel') then interval '0'
    -- As a template, or with the file uploaded anew: the second time as the first is the last.
    when p_class in ('window_closed', 'reupload') then case when p_refused <= 1 then interval '0' end
    when p_wait_s is not null and p_class in ('retry', 'slow_pair', 'slow_number', 'slow_app', 'later') then make_interval(secs => p_wait_s)
    when p_class = 'slow_pair' then interval '1 second' * power(4, p_refused)
    when p_class in ('slow_number', 'slow_app') then interval '1 second'
    when p_class = 'later' then interval '10 minutes'
    when p_class = 'retry' then interval '1 second' * p_schedule[greatest(p_refused, 1)]
                                * (1 + (hashtextextended(p_outbound_id::text, 0) & 1023) / 10240.0)
  end;
$$;

revoke execute on function app.retry_in from public;
grant execute on function app.retry_in to service_role;

-- 60_outbox/retry_outbound_message.sql
-- Sends a message again that is FAILED, PARKED or UNKNOWN, because a person says so: as a new attempt, under a new id of
-- the provider's, behind what waits in the conversation (an UNKNOWN one kept its place), with its schedule begun anew. Of
-- an UNKNOWN or a PARKED one that person decides that it may arrive twice.
-- Returns the new status, QUEUED; idempotent: what is QUEUED already stays as it is. Raises SB404 when the tenant has no
-- such message, SB409 when it is on its way, was taken or was cancelled.
-- Locks: outbound message, message, task, lane, ready. Called by: people.
create function app.retry_outbound_message (
  p_shard       smallint,
  p_tenant_id   uuid,
  p_outbound_id uuid
)
  returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_outbound app.outbound_message;
begin
  select * into v_outbound from app.outbound_message where shard = p_shard and id = p_outbound_id and tenant_id = p_tenant_id for update;
  if not found then
    raise exception sqlstate 'SB404' using message = format('there is no outbound message %s', p_outbound_id);
  end if;
  if v_outbound.status = 'QUEUED' then
    return 'QUEUED';
  end if;
  if v_outbound.status not in ('FAILED', 'PARKED', 'UNKNOWN') then
    raise exception sqlstate 'SB409'
      using message = format('outbound message %s is %s and cannot be sent again', p_outbound_id, v_outbound.status),
            hint = case v_outbound.status when 'CANCELLED' then 'write a new message' when 'SENDING' then 'it is on its way: wait how it ends'
                                          else 'it has been sent: write a new message' end;
  end if;

  perform app.forget_refusals(p_shard, p_outbound_id);
  v_outbound := app.set_outbound_status(p_shard, p_outbound_id, 'QUEUED');
  perform app.requeue_outbound(p_shard, v_outbound);
  return v_outbound.status;
end;
$$;

revoke execute on function app.retry_outbound_message from public;
grant execute on function app.retry_outbound_message to service_role;

-- 60_outbox/set_message_status.sql
-- Writes how far an outgoing message came, and what the provider calls it, to the message that people see.
-- p_status: null leaves it. p_provider_message_id: null leaves it. When an echo that was
-- faster than the provider's answer has that id already, the id stays there: it is unique within the account.
-- Idempotent. Locks: the message. Called by: accept_outbound, apply_outbound_status.
create function app.set_message_status (
  p_shard               smallint,
  p_message_id          uuid,
  p_status              text,
  p_provider_message_id text
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  update public.messages
     set status = coalesce(p_status, status)
   where shard = p_shard and id = p_message_id and provider_message_id = coalesce(p_provider_message_id, provider_message_id);
  if found then
    return;
  end if;

  begin
    update public.messages
       set status = coalesce(p_status, status), provider_message_id = p_provider_message_id
     where shard = p_shard and id = p_message_id;
  exception when unique_violation then
    update public.messages
       set status = coalesce(p_status, status)
     where shard = p_shard and id = p_message_id;
  end;
end;
$$;

revoke execute on function app.set_message_status from public;
grant execute on function app.set_message_status to service_role;

-- 60_outbox/set_outbound_status.sql
-- Writes a status that we decide (not the provider) to an outbound message and to the message that people see.
-- p_error: null leaves the last one. p_at: when it failed. Returns the new row. Locks: outbound message, message, task.
-- Called by: start_outbound_attempt, finish_outbound_attempt, refuse_outbound, retry_outbound_message, cancel_outbound_message,
-- recall_answer, cancel_queue_messages, fail_dead_outbound, replay_dead_letter.
create function app.set_outbound_status (
  p_shard       smallint,
  p_outbound_id uuid,
  p_status      text,
  p_error       jsonb       default null,
  p_at          timestamptz default null
)
  returns app.outbound_message
  language plpgsql
  set search_path = ''
as $$
declare
  v_outbound app.outbound_message;
begin
  update app.outbound_message
     set status        = p_status,
         error         = coalesce(p_error, error),
         sent_at       = case when p_status <> 'QUEUED' then sent_at end,
         unknown_since = case p_status when 'UNKNOWN' then coalesce(unknown_since, app.now()) end,
         failed_at     = case p_status when 'FAILED' then coalesce(p_at, app.now()) end,
         cancelled_at  = case p_status when 'CANCELLED' then app.now() end
   where shard = p_shard and id = p_outbound_id
  returning * into strict v_outbound;

  update public.messages set status = p_status where shard = p_shard and id = v_outbound.message_id;
  return v_outbound;
end;
$$;

revoke execute on function app.set_outbound_status from public;
grant execute on function app.set_outbound_status to service_role;

-- 60_outbox/start_outbound_attempt.sql
-- Prepares the head of a leased outbound lane for sending and records the intent.
-- Returns {action: 'send', attempt_no, account_id, credentials_at, recipient, content, correlation_id, fresh_media}: make it
-- ready, call mark_outbound_io right before it leaves, and report by finish_outbound_attempt. fresh_media: the last attempt was
-- refused because of its file, which must be uploaded anew. Or {action: 'done'}: nothing to send (the message was accepted,
-- cancelled, parked or refused); or {action: 'wait', why}: not now; both have given the lane back. Why: 'unknown' (whether an
-- earlier try was taken), 'retry' (its time has not come), what keeps the account ('slowed', 'paused', 'stopped', 'disabled'), or
-- which bucket is empty ('pair_rate', 'number_rate').
--
-- An attempt of a worker that died is settled first: an INTENT has certainly not left, and the message is sent as if nothing
-- had been; else it is UNKNOWN; after the tenant's waiting time without a status, the tenant's policy decides: park it for a
-- person, or send once more. A status that comes after that decision still stops the second send until it begins to leave
-- (mark_outbound_io); from there on, for as long as the request travels, both may arrive: that is what resend_once accepts.
-- An account that may not send, because of the provider or because a person paused or disabled it, keeps its messages QUEUED
-- in their order; its lanes look again every 15 minutes, and at once when resume_account_sending is called.
-- Whether it may leave now, and as what, is for check_outbound to say: held, parked, refused or replaced accordingly (follow_verdict).
-- An answer to which the customer has written more is taken back first (recall_answer), as long as nothing of it has left.
-- Raises SB001 when the lease is stale. Locks: those of recall_answer, outbound message, message, lane, ready. Called by: commons/handlers/send.ts.
create function app.start_outbound_attempt (
  p_shard       smallint,
  p_lane_id     uuid,
  p_token       bigint,
  p_seq         bigint,
  p_outbound_id uuid,
  p_worker      text
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_now      timestamptz := app.now();
  v_outbound app.outbound_message;
  v_tenant   public.tenants;
  v_account  record;
  v_last     app.outbound_attempt;
  v_until    timestamptz;
  v_verdict  jsonb;
  v_action   jsonb;
begin
  perform app.recall_answer(p_shard, p_lane_id, p_token, p_outbound_id);

  select * into strict v_outbound from app.outbound_message where shard = p_shard and id = p_outbound_id for update;
  select * into strict v_tenant from public.tenants where shard = p_shard and id = v_outbound.tenant_id;
  perform app.assert_lease(p_shard, 'outbound', p_lane_id, p_token);

  if v_outbound.status = 'SENDING' then
    perform app.lose_outbound_attempts(p_shard, array[p_outbound_id]);
  end if;
  select * into v_last
    from app.outbound_attempt
   where shard = p_shard and outbound_message_id = p_outbound_id
   order by attempt_no desc
   limit 1;
  if v_outbound.status = 'SENDING' then
    v_outbound := app.set_outbound_status(p_shard, p_outbound_id, case v_last.state when 'UNKNOWN' then 'UNKNOWN' else 'QUEUED' end);
  end if;

  if v_outbound.status = 'UNKNOWN' then
    v_until := v_outbound.unknown_since + make_interval(secs => v_tenant.unknown_send_wait_s);
    if v_until > v_now then
      perform app.hold_lane(p_shard, 'outbound', p_lane_id, p_token, v_until);
      return '{"action": "wait", "why": "unknown"}';
    end if;
    if v_tenant.unknown_send_policy = 'leave' or (
      select count(*) > 1 from app.outbound_attempt
       where shard = p_shard and outbound_message_id = p_outbound_id and state = 'UNKNOWN'
    ) then
      v_outbound := app.set_outbound_status(p_shard, p_outbound_id, 'PARKED');
    end if;
  end if;

  if v_outbound.status not in ('QUEUED', 'UNKNOWN') then
    perform app.complete_queue_messages(p_shard, 'outbound', p_lane_id, p_token, p_seq);
    return '{"action": "done"}';
  end if;

  select case when a.status <> 'active' then a.status else s.state end as why,
         case when a.status <> 'active' then 'infinity' else s.blocked_until end as until,
         c.updated_at as credentials_at
    into strict v_account
    from public.whatsapp_accounts a
    left join app.account_send_state s on s.shard = a.shard and s.account_id = a.id
    left join app.whatsapp_account_credentials c on c.shard = a.shard and c.account_id = a.id
   where a.shard = p_shard and a.id = v_outbound.account_id;
  if v_account.until > v_now or v_last.next_retry_at > v_now then
    perform app.hold_lane(p_shard, 'outbound', p_lane_id, p_token,
      greatest(case when v_account.until > v_now then least(v_account.until, v_now + interval '15 minutes') end, v_last.next_retry_at));
    return jsonb_build_object('action', 'wait', 'why', case when v_account.until > v_now then v_account.why else 'retry' end);
  end if;

  v_verdict := app.check_outbound(p_shard, v_outbound, v_tenant);
  if v_verdict is not null then
    v_action := app.follow_verdict(p_shard, p_lane_id, p_token, p_seq, v_outbound, v_verdict);
    if v_action is not null then
      return v_action;
    end if;
    select * into strict v_outbound from app.outbound_message where shard = p_shard and id = p_outbound_id;
  end if;

  insert into app.outbound_attempt (shard, outbound_message_id, attempt_no, state, token, worker, started_at)
  values (p_shard, p_outbound_id, coalesce(v_last.attempt_no, 0) + 1, 'INTENT', p_token, p_worker, v_now);
  perform app.set_outbound_status(p_shard, p_outbound_id, 'SENDING');

  return jsonb_build_object('action', 'send', 'attempt_no', coalesce(v_last.attempt_no, 0) + 1, 'account_id', v_outbound.account_id,
    'credentials_at', v_account.credentials_at, 'recipient', app.recipient_of(p_shard, v_outbound.conversation_id),
    'content', app.resolve_message_refs(p_shard, v_outbound.conversation_id, coalesce(v_outbound.sent_content, v_outbound.content)),
    'correlation_id', v_outbound.correlation_id, 'fresh_media', coalesce(v_outbound.error ->> 'class' = 'reupload', false));
end;
$$;

revoke execute on function app.start_outbound_attempt from public;
grant execute on function app.start_outbound_attempt to service_role;

-- 62_gates/10_consent.sql
-- What people have said about being written to. Append-only: the newest word counts (consent_of), and every one of them
-- is the proof of what was done afterwards. Nobody updates or deletes a row; a tenant or a person that is deleted takes
-- them along.

create table public.consent_events (
  shard       smallint    not null default 0,
  id          uuid        not null default gen_random_uuid(),
  tenant_id   uuid        not null,
  contact_id  uuid        not null,
  -- all: every message but what a person writes by hand in the open window; marketing: marketing templates only.
  scope       text        not null check (scope in ('all', 'marketing')),
  action      text        not null check (action in ('stop', 'resume')),
  -- word: the customer wrote it; user_preferences: Meta's own switch; refusal: Meta refused a send for it (131050); person: entered by hand.
  source      text        not null check (source in ('word', 'user_preferences', 'refusal', 'person')),
  -- Of the fact itself: the same fact twice is one row.
  event_key   text        not null check (length(event_key) between 1 and 500),
  account_id  uuid,
  -- The message that said it, as it lies in messages.
  message_id  uuid,
  detail      jsonb       not null default '{}',
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default now(),
  primary key (shard, id),
  unique (shard, tenant_id, event_key),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade,
  foreign key (shard, contact_id) references public.contacts (shard, id) on delete cascade
);
comment on table public.consent_events is 'Who opted out of what or in, when and how: the proof of consent.';
create index consent_events_newest on public.consent_events (shard, contact_id, scope, occurred_at desc, recorded_at desc);

alter table public.consent_events enable row level security;
create policy "members see their consents" on public.consent_events
  for select to authenticated using (tenant_id in (select app.member_tenant_ids()));
grant select on public.consent_events to authenticated;
grant select, insert on public.consent_events to service_role;

-- 62_gates/20_templates.sql
-- The message templates of a business account, as Meta has them. Only what is approved there may be sent outside the window.

create table public.message_templates (
  shard            smallint    not null default 0,
  tenant_id        uuid        not null,
  -- whatsapp_accounts.business_id: the numbers of one business account share its templates.
  business_id      text        not null,
  name             text        not null check (length(name) between 1 and 512),
  language         text        not null check (length(language) between 1 and 20),
  -- The provider's id of it.
  template_id      text,
  -- MARKETING, UTILITY, AUTHENTICATION.
  category         text,
  -- APPROVED, PENDING, REJECTED, PAUSED, DISABLED ...; only APPROVED can be sent.
  status           text        not null,
  -- GREEN, YELLOW, RED, UNKNOWN.
  quality          text,
  rejected_reason  text,
  -- As Meta lists them: [{type: 'HEADER' | 'BODY' | 'FOOTER' | 'BUTTONS', format, text, buttons}].
  components       jsonb       not null default '[]' check (jsonb_typeof(components) = 'array'),
  -- When it came to be as it is, by the provider's clock where that is known: older news does not undo newer.
  changed_at       timestamptz not null,
  primary key (shard, tenant_id, business_id, name, language),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade
);
comment on table public.message_templates is 'Message templates as the provider has them.';
create index message_templates_id on public.message_templates (shard, tenant_id, business_id, template_id);

-- When the templates of a business account were read, and when they are to be read again.
create table app.template_syncs (
  shard       smallint    not null default 0,
  tenant_id   uuid        not null,
  business_id text        not null,
  synced_at   timestamptz,
  due_at      timestamptz not null,
  primary key (shard, tenant_id, business_id),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade
);
comment on table app.template_syncs is 'When the templates of a business account are read again.';

alter table public.message_templates enable row level security;
create policy "members see their templates" on public.message_templates
  for select to authenticated using (tenant_id in (select app.member_tenant_ids()));
grant select on public.message_templates to authenticated;
grant select, insert, update, delete on public.message_templates to service_role;

alter table app.template_syncs enable row level security;
grant select, insert, update, delete on app.template_syncs to service_role;

-- 62_gates/30_pace.sql
-- What the gates keep about an account and a conversation. Rows of their own, because a send holds its outbound message
-- when it comes here, and the conversation would have to be locked before that.

-- The token bucket of a number: tat is the theoretical arrival time of the next send (GCRA), asked the end of the queue of those
-- who were told to wait. One row for each number, updated in place at up to send_rate_per_s.
create table app.send_pace (
  shard      smallint    not null default 0,
  account_id uuid        not null,
  tat        timestamptz not null,
  asked      timestamptz not null,
  granted    boolean     not null,
  primary key (shard, account_id),
  foreign key (shard, account_id) references public.whatsapp_accounts (shard, id) on delete cascade
) with (fillfactor = 10);
comment on table app.send_pace is 'Token bucket of each number.';

-- The token bucket of a number and a person, which is a conversation.
create table app.pair_pace (
  shard           smallint    not null default 0,
  conversation_id uuid        not null,
  tat             timestamptz not null,
  primary key (shard, conversation_id),
  foreign key (shard, conversation_id) references public.conversations (shard, id) on delete cascade
) with (fillfactor = 70);
comment on table app.pair_pace is 'Token bucket of each conversation.';

-- The provider said that the window is closed (131047), about a message that was sent then: whatever last_customer_message_at says,
-- until the customer has written after it.
create table app.window_corrections (
  shard           smallint    not null default 0,
  conversation_id uuid        not null,
  closed_at       timestamptz not null,
  primary key (shard, conversation_id),
  foreign key (shard, conversation_id) references public.conversations (shard, id) on delete cascade
);
comment on table app.window_corrections is 'Conversations whose window the provider called closed.';

-- Which outbound message carries the disclosure that an AI answers.
create table app.ai_disclosures (
  shard               smallint    not null default 0,
  conversation_id     uuid        not null,
  outbound_message_id uuid        not null,
  session_id          uuid,
  primary key (shard, conversation_id),
  foreign key (shard, conversation_id) references public.conversations (shard, id) on delete cascade
);
comment on table app.ai_disclosures is 'Which message told a customer that an AI answers.';

alter table app.send_pace enable row level security;
alter table app.pair_pace enable row level security;
alter table app.window_corrections enable row level security;
alter table app.ai_disclosures enable row level security;
grant select, insert, update, delete on app.send_pace, app.pair_pace, app.window_corrections, app.ai_disclosures to service_role;

-- 62_gates/apply_consent_word.sql
-- Applies an opt-out or opt-in word of a customer (consent_word): proof is kept, and one confirmation is queued when it
-- changes something. Returns what ingest_message is to return: 'queued' (something will be sent), 'stored', or null
-- when the word means nothing here, because who has not opted out cannot opt in again.
-- Idempotent by the message. Locks: those of enqueue_outbound_message; the caller holds the conversation. Called by:
-- ingest_message.
create function app.apply_consent_word (
  p_shard        smallint,
  p_event        jsonb,
  p_tenant       public.tenants,
  p_conversation public.conversations,
  p_message_id   uuid,
  p_word         jsonb
)
  returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_stops    boolean := p_word ->> 'action' = 'stop';
  v_stopped  boolean := coalesce(app.consent_of(p_shard, p_conversation.contact_id) ->> 'all' = 'stop', false);
  v_defaults jsonb := app.consent_defaults(p_word ->> 'language');
  v_text     text;
  v_outbound uuid;
begin
  if not v_stops and not v_stopped then
    return null;
  end if;
  perform app.record_consent(p_shard, p_conversation.contact_id, 'all', p_word ->> 'action', 'word', p_event ->> 'key',
    (p_event ->> 'occurred_at')::timestamptz,
    jsonb_build_object('account_id', p_conversation.account_id, 'message_id', p_message_id, 'detail',
       jsonb_build_object('language', p_word ->> 'language')));
  v_text := case when v_stops then coalesce(p_tenant.opt_out_confirmation, v_defaults ->> 'stopped')
                 else coalesce(p_tenant.opt_in_confirmation, v_defaults ->> 'resumed') end;
  if v_stops = v_stopped or v_text = '' then
    return 'stored';
  end if;

  v_outbound := app.enqueue_outbound_message(p_shard, p_conversation.id, 'system', v_text, jsonb_build_object('type', 'text', 'text', v_text),
    'consent:' || p_message_id, p_event ->> 'correlation_id');
  update app.outbound_message set purpose = 'consent_confirmation' where shard = p_shard and id = v_outbound;
  return 'queued';
end;
$$;

revoke execute on function app.apply_consent_word from public;
grant execute on function app.apply_consent_word to service_role;

-- 62_gates/apply_preference.sql
-- Applies Meta's own switch for marketing messages: value stop, resume or signup (a first yes). Other values and
-- categories change nothing. p_event: {account_id, tenant_id, identities, name, key, value, category, occurred_at}.
-- Idempotent by the key.
-- Locks: those of resolve_contact. Called by: ingest_event.
create function app.apply_preference (
  p_shard smallint,
  p_event jsonb
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  if p_event ->> 'value' not in ('stop', 'resume', 'signup') or coalesce(p_event ->> 'category', 'marketing_messages') <> 'marketing_messages' then
    return;
  end if;
  perform app.record_consent(p_shard,
    app.resolve_contact(p_shard, (p_event ->> 'tenant_id')::uuid, p_event -> 'identities', p_event ->> 'name'),
    'marketing', case p_event ->> 'value' when 'stop' then 'stop' else 'resume' end, 'user_preferences', p_event ->> 'key',
    (p_event ->> 'occurred_at')::timestamptz,
    jsonb_build_object('account_id', p_event ->> 'account_id', 'detail', jsonb_build_object('value', p_event ->> 'value')));
end;
$$;

revoke execute on function app.apply_preference from public;
grant execute on function app.apply_preference to service_role;

-- 62_gates/apply_template_event.sql
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

-- 62_gates/check_outbound.sql
-- Whether a message may leave now, and as what; asked once before every attempt. Null: it may, as it is. Else a
-- verdict:
--   {verdict: 'wait', until, why: 'scheduled' | 'quiet_hours' | 'pair_rate' | 'number_rate'}
--   {verdict: 'park', code, message}     a person decides
--   {verdict: 'refuse', code, message}   never: BLOCKED_BY_POLICY, or a template that cannot be sent like this
--   {verdict: 'replace', content}        it may, as this
-- The gates in their order: its time, consent, quiet hours, the window, the template's parameters, the disclosure, and
-- the token buckets last, because they take something. Quiet hours hold what the business begins (author 'system') and
-- what was scheduled, and agents' answers where the tenant says so.
-- Locks: those of disclose and take_tokens; the caller holds the outbound message and its lane. Called by:
-- start_outbound_attempt.
create function app.check_outbound (
  p_shard    smallint,
  p_outbound app.outbound_message,
  p_tenant   public.tenants
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_now     timestamptz := app.now();
  v_content jsonb := p_outbound.content;
  v_author  text;
  v_contact uuid;
  v_verdict jsonb;
  v_until   timestamptz;
  v_problem text;
begin
  if p_outbound.send_at > v_now then
    return jsonb_build_object('verdict', 'wait', 'until', p_outbound.send_at, 'why', 'scheduled');
  end if;
  select m.author into strict v_author from public.messages m where m.shard = p_shard and m.id = p_outbound.message_id;
  select c.contact_id into strict v_contact from public.conversations c where c.shard = p_shard and c.id = p_outbound.conversation_id;

  v_verdict := app.consent_gate(p_shard, p_tenant, p_outbound, v_content, v_author, v_contact);
  if v_verdict is not null then
    return v_verdict;
  end if;

  if p_tenant.quiet_hours is not null and p_outbound.purpose is null
    and (v_author = 'system' or p_outbound.send_at is not null or (v_author = 'agent' and p_tenant.quiet_hours_for_replies)) then
    v_until := app.quiet_until(p_tenant, v_now);
    if v_until is not null then
      return jsonb_build_object('verdict', 'wait', 'until', v_until, 'why', 'quiet_hours');
    end if;
  end if;

  v_verdict := app.window_gate(p_shard, p_tenant, p_outbound);
  if v_verdict ->> 'verdict' = 'replace' then
    v_content := v_verdict -> 'content';
    v_verdict := app.consent_gate(p_shard, p_tenant, p_outbound, v_content, v_author, v_contact);
  end if;
  if v_verdict is not null then
    return v_verdict;
  end if;

  if v_content ->> 'type' = 'template' then
    v_problem := app.check_template(p_shard, p_outbound.account_id, v_content);
    if v_problem is not null then
      return jsonb_build_object('verdict', 'refuse', 'code', 'template_invalid', 'message', v_problem);
    end if;
  elsif v_author = 'agent' and p_tenant.ai_disclosure is not null then
    v_content := app.disclose(p_shard, p_tenant, p_outbound, v_content);
  end if;

  v_verdict := app.take_tokens(p_shard, p_outbound.account_id, p_outbound.conversation_id);
  if v_verdict is not null then
    return v_verdict || '{"verdict": "wait"}';
  end if;
  if v_content is distinct from coalesce(p_outbound.sent_content, p_outbound.content) then
    return jsonb_build_object('verdict', 'replace', 'content', v_content);
  end if;
  return null;
end;
$$;

revoke execute on function app.check_outbound from public;
grant execute on function app.check_outbound to service_role;

-- 62_gates/check_template.sql
-- Whether a template can be sent like this, before it leaves: null when it can, or when this account's templates have
-- never been read, so that nothing is known; else one sentence that names the template and what is missing. p_content:
-- {type: 'template', name, language, components: [{type: 'header' | 'body' | 'button', sub_type, index, parameters:
-- [{type, parameter_name, text ...}]}]}, Graph's own shape.
-- Locks: none. Called by: enqueue_outbound_message, check_outbound.
create function app.check_template (
  p_shard      smallint,
  p_account_id uuid,
  p_content    jsonb
)
  returns text
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  v_name     text := format('the template "%s" (%s)', p_content ->> 'name', p_content ->> 'language');
  v_given    jsonb := coalesce(p_content -> 'components', '[]');
  v_template public.message_templates := app.find_template(p_shard, p_account_id, p_content ->> 'name', p_content ->> 'language');
  v_part     jsonb;
  v_button   jsonb;
  v_index    integer;
  v_have     jsonb;
  v_want     text;
  v_problem  text;
begin
  if v_template.name is null then
    if exists (select from public.whatsapp_accounts a
                 join app.template_syncs s on s.shard = a.shard and s.tenant_id = a.tenant_id and s.business_id = a.business_id
                where a.shard = p_shard and a.id = p_account_id and s.synced_at is not null) then
      return v_name || ' does not exist in this business account; check its name and its language';
    end if;
    return null;
  end if;
  if v_template.status <> 'APPROVED' then
    return format('%s cannot be sent: it is %s', v_name, v_template.status);
  end if;

  for v_part in select jsonb_array_elements(v_template.components) loop
    v_want := upper(coalesce(v_part ->> 'format', 'TEXT'));
    case upper(v_part ->> 'type')
    when 'HEADER' then
      select g -> 'parameters' into v_have from jsonb_array_elements(v_given) as g where lower(g ->> 'type') = 'header';
      if v_want = 'TEXT' then
        v_problem := app.check_template_text('header', v_part ->> 'text', v_have);
      elsif coalesce(jsonb_array_length(v_have), 0) <> 1 or v_have -> 0 ->> 'type' is distinct from lower(v_want) then
        v_problem := format('its header needs one parameter of the type %s', lower(v_want));
      end if;
    when 'BODY' then
      select g -> 'parameters' into v_have from jsonb_array_elements(v_given) as g where lower(g ->> 'type') = 'body';
      v_problem := app.check_template_text('body', v_part ->> 'text', v_have);
    when 'BUTTONS' then
      for v_button, v_index in
        select b.button, b.ordinal - 1 from jsonb_array_elements(v_part -> 'buttons') with ordinality as b (button, ordinal)
      loop
        select g -> 'parameters' into v_have
          from jsonb_array_elements(v_given) as g
         where lower(g ->> 'type') = 'button' and (g ->> 'index')::integer = v_index;
        if (upper(v_button ->> 'type') = 'COPY_CODE' or (upper(v_button ->> 'type') = 'URL' and v_button ->> 'url' ~ '\{\{'))
          and coalesce(jsonb_array_length(v_have), 0) <> 1 then
          v_problem := coalesce(v_problem, format('its button %s (%s) needs one parameter', v_index, lower(v_button ->> 'type')));
        elsif upper(v_button ->> 'type') = 'URL' and v_button ->> 'url' !~ '\{\{' and jsonb_array_length(v_have) > 0 then
          v_problem := coalesce(v_problem, format('its button %s (url) takes no parameter', v_index));
        end if;
      end loop;
    else
      null; -- a footer and what is still to come need nothing
    end case;
    exit when v_problem is not null;
  end loop;

  if v_problem is null then
    select format('it has no %s%s', lower(g ->> 'type'), ' ' || (g ->> 'index')) into v_problem
      from jsonb_array_elements(v_given) as g
     where jsonb_array_length(coalesce(g -> 'parameters', '[]')) > 0
       and not exists (
         select from jsonb_array_elements(v_template.components) as c
          where case lower(g ->> 'type')
                when 'button' then upper(c ->> 'type') = 'BUTTONS' and (g ->> 'index')::integer < jsonb_array_length(c -> 'buttons')
                else upper(c ->> 'type') = upper(g ->> 'type') end)
     limit 1;
  end if;
  return v_name || ' cannot be sent like this: ' || v_problem;
end;
$$;

revoke execute on function app.check_template from public;
grant execute on function app.check_template to service_role;

-- 62_gates/check_template_text.sql
-- What is missing or too much among the text parameters of one part of a template, in words; null: nothing.
-- p_text: the part's text with its placeholders. p_parameters: as in the content, null when the part is not there.
-- Called by: check_template.
create function app.check_template_text (
  p_part       text,
  p_text       text,
  p_parameters jsonb
)
  returns text
  language plpgsql
  immutable
  set search_path = ''
as $$
declare
  v_wanted  text[] := app.template_placeholders(p_text);
  v_given   jsonb := coalesce(p_parameters, '[]');
  v_named   boolean := coalesce((select bool_or(w !~ '^[0-9]+$') from unnest(v_wanted) as w), false);
  v_missing text;
begin
  if v_named then
    select string_agg(w, ', ' order by o) into v_missing
      from unnest(v_wanted) with ordinality as u (w, o)
     where not exists (select from jsonb_array_elements(v_given) as g where g ->> 'parameter_name' = w);
    if v_missing is not null then
      return format('its %s needs the parameters %s', p_part, v_missing);
    end if;
  end if;
  if jsonb_array_length(v_given) <> cardinality(v_wanted) then
    return format('its %s needs %s parameters%s and got %s', p_part, cardinality(v_wanted),
      case when cardinality(v_wanted) > 0 then format(' ({{%s}})', array_to_string(v_wanted, '}}, {{')) else '' end, jsonb_array_length(v_given));
  end if;
  if p_part = 'body' and exists (select from jsonb_array_elements(v_given) as g where g ->> 'type' not in ('text', 'currency', 'date_time')) then
    return 'its body takes parameters of the types text, currency and date_time only';
  end if;
  if exists (select from jsonb_array_elements(v_given) as g
              where g ->> 'type' = 'text' and (coalesce(g ->> 'text', '') = '' or g ->> 'text' ~ '[\n\t\r]| {5}')) then
    return format('a text parameter of its %s is empty, or has a line break, a tab or more than four spaces in a row', p_part);
  end if;
  return null;
end;
$$;

revoke execute on function app.check_template_text from public;
grant execute on function app.check_template_text to service_role;

-- 62_gates/configure_delivery.sql
-- Changes a tenant's settings about what leaves and when. p_settings: any of ai_disclosure, ai_disclosure_per,
-- quiet_hours ('[1260,1920)'), quiet_timezone, quiet_hours_for_replies, free_entry_hours, window_template,
-- window_template_languages, window_template_parameters, window_template_text_max, consent_languages, opt_out_words,
-- opt_in_words, opt_out_confirmation, opt_in_confirmation, marketing_needs_opt_in, send_retry_s; what is not named stays as it is,
-- null takes away what may be without.
-- Idempotent. Raises SB400 for another name or an unknown time zone, SB404 when there is no such tenant, 23xxx and
-- 22xxx for a value that the table refuses. Called by: people.
create function app.configure_delivery (
  p_shard     smallint,
  p_tenant_id uuid,
  p_settings  jsonb
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_names constant text[] := array['ai_disclosure', 'ai_disclosure_per', 'quiet_hours', 'quiet_timezone', 'quiet_hours_for_replies', 'free_entry_hours',
    'window_template', 'window_template_languages', 'window_template_parameters', 'window_template_text_max', 'consent_languages',
    'opt_out_words', 'opt_in_words', 'opt_out_confirmation', 'opt_in_confirmation', 'marketing_needs_opt_in', 'send_retry_s'];
  v_wrong text := (select min(key) from jsonb_object_keys(p_settings) as key where key <> all (v_names));
  v_tenant public.tenants;
begin
  if v_wrong is not null then
    raise exception sqlstate 'SB400' using message = format('%s is no setting of delivery; there are: %s', v_wrong, array_to_string(v_names, ', '));
  end if;
  if p_settings ? 'quiet_timezone' then
    begin
      perform app.now() at time zone (p_settings ->> 'quiet_timezone');
    exception when invalid_parameter_value then
      raise exception sqlstate 'SB400' using message = format('%s is no time zone; a name such as Europe/Madrid is', p_settings ->> 'quiet_timezone');
    end;
  end if;

  select * into v_tenant from public.tenants where shard = p_shard and id = p_tenant_id for update;
  if not found then
    raise exception sqlstate 'SB404' using message = format('there is no tenant %s in shard %s', p_tenant_id, p_shard);
  end if;
  v_tenant := jsonb_populate_record(v_tenant, p_settings);
  update public.tenants
     set ai_disclosure              = v_tenant.ai_disclosure,
         ai_disclosure_per          = v_tenant.ai_disclosure_per,
         quiet_hours                = v_tenant.quiet_hours,
         quiet_timezone             = v_tenant.quiet_timezone,
         quiet_hours_for_replies    = v_tenant.quiet_hours_for_replies,
         free_entry_hours           = v_tenant.free_entry_hours,
         window_template            = v_tenant.window_template,
         window_template_languages  = v_tenant.window_template_languages,
         window_template_parameters = v_tenant.window_template_parameters,
         window_template_text_max   = v_tenant.window_template_text_max,
         consent_languages          = v_tenant.consent_languages,
         opt_out_words              = v_tenant.opt_out_words,
         opt_in_words               = v_tenant.opt_in_words,
         opt_out_confirmation       = v_tenant.opt_out_confirmation,
         opt_in_confirmation        = v_tenant.opt_in_confirmation,
         marketing_needs_opt_in     = v_tenant.marketing_needs_opt_in,
         send_retry_s               = v_tenant.send_retry_s
   where shard = p_shard and id = p_tenant_id;
end;
$$;

revoke execute on function app.configure_delivery from public;
grant execute on function app.configure_delivery to service_role;

-- 62_gates/configure_sending.sql
-- Changes how an account sends; a null leaves a setting as it is. p_business_id: the business account of the number
-- (Meta: the WABA), whose templates it shares. Idempotent. Raises SB404 when there is no such account, 23514 for a rate
-- out of range.
-- Called by: scripts/add-account, the demo seed, people.
create function app.configure_sending (
  p_shard            smallint,
  p_account_id       uuid,
  p_business_id      text    default null,
  p_send_rate_per_s  integer default null,
  p_pair_interval_ms integer default null,
  p_pair_burst       integer default null
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  update public.whatsapp_accounts
     set business_id      = coalesce(p_business_id, business_id),
         send_rate_per_s  = coalesce(p_send_rate_per_s, send_rate_per_s),
         pair_interval_ms = coalesce(p_pair_interval_ms, pair_interval_ms),
         pair_burst       = coalesce(p_pair_burst, pair_burst)
   where shard = p_shard and id = p_account_id;
  if not found then
    raise exception sqlstate 'SB404' using message = format('there is no account %s in shard %s', p_account_id, p_shard);
  end if;
end;
$$;

revoke execute on function app.configure_sending from public;
grant execute on function app.configure_sending to service_role;

-- 62_gates/consent_defaults.sql
-- The opt-out and opt-in words of a language and what is said to who used one: {stop: [...], resume: [...], stopped,
-- resumed}. Lower case. Words that are everyday answers in a chat ("end", "back", "yes") are left out on purpose.
-- Called by: consent_word, apply_consent_word.
create function app.consent_defaults (
  p_language text
)
  returns jsonb
  language sql
  immutable
  set search_path = ''
as $$
  select case p_language
    when 'en' then '{"stop": ["stop", "stop all", "stopall", "unsubscribe", "cancel", "opt out", "optout"],
      "resume": ["start", "unstop", "resume", "subscribe", "opt in", "optin"],
      "stopped": "You will get no more messages from us. Reply START to get them again.",
      "resumed": "You will get our messages again. Reply STOP to end them."}'::jsonb
    when 'es' then '{"stop": ["baja", "darme de baja", "dar de baja", "parar", "no molestar", "cancelar suscripción", "cancelar suscripcion"],
      "resume": ["alta", "darme de alta", "reanudar"],
      "stopped": "Ya no recibirás más mensajes nuestros. Responde ALTA para volver a recibirlos.",
      "resumed": "Volverás a recibir nuestros mensajes. Responde BAJA para dejar de recibirlos."}'::jsonb
    when 'pt' then '{"stop": ["sair", "parar", "descadastrar", "cancelar inscrição", "cancelar inscricao"],
      "resume": ["retomar", "inscrever", "quero receber"],
      "stopped": "Você não receberá mais mensagens nossas. Responda RETOMAR para voltar a receber.",
      "resumed": "Você voltará a receber nossas mensagens. Responda SAIR para deixar de receber."}'::jsonb
    when 'fr' then '{"stop": ["arrêt", "arret", "arrêter", "arreter", "désabonner", "desabonner", "me désabonner"],
      "resume": ["reprendre", "abonner", "m''abonner"],
      "stopped": "Vous ne recevrez plus de messages de notre part. Répondez REPRENDRE pour en recevoir à nouveau.",
      "resumed": "Vous recevrez à nouveau nos messages. Répondez ARRET pour ne plus en recevoir."}'::jsonb
    when 'de' then '{"stop": ["stopp", "abmelden", "abbestellen"],
      "resume": ["anmelden", "fortsetzen"],
      "stopped": "Sie erhalten keine Nachrichten mehr von uns. Antworten Sie FORTSETZEN, um sie wieder zu erhalten.",
      "resumed": "Sie erhalten unsere Nachrichten wieder. Antworten Sie STOPP, um sie zu beenden."}'::jsonb
    when 'it' then '{"stop": ["disiscrivi", "disiscrivimi", "annulla iscrizione", "ferma"],
      "resume": ["riprendi", "iscrivimi"],
      "stopped": "Non riceverai più messaggi da noi. Rispondi RIPRENDI per riceverli di nuovo.",
      "resumed": "Riceverai di nuovo i nostri messaggi. Rispondi FERMA per non riceverli più."}'::jsonb
  end;
$$;

revoke execute on function app.consent_defaults from public;
grant execute on function app.consent_defaults to service_role;

-- 62_gates/consent_gate.sql
-- Whether a person has forbidden this message: a verdict 'refuse', or null. Who opted out of everything gets no
-- business-initiated message, no template and no answer of an agent, but the one confirmation, and what a person of the
-- business writes by hand; who opted out of marketing gets no marketing template, and, where the tenant wants a yes
-- first, neither does who never gave one. A template of unknown category counts as marketing. p_content: what would
-- leave. Locks: none. Called by: check_outbound.
create function app.consent_gate (
  p_shard      smallint,
  p_tenant     public.tenants,
  p_outbound   app.outbound_message,
  p_content    jsonb,
  p_author     text,
  p_contact_id uuid
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  v_consent  jsonb := app.consent_of(p_shard, p_contact_id);
  v_template boolean := p_content ->> 'type' = 'template';
  v_reason   text;
begin
  if p_outbound.purpose = 'consent_confirmation' then
    return null;
  end if;
  if v_consent ->> 'all' = 'stop' and (v_template or p_author <> 'person') then
    v_reason := 'the customer has opted out; only a person can answer by hand, until the customer opts in again';
  elsif v_template
    and (v_consent ->> 'marketing' = 'stop' or (p_tenant.marketing_needs_opt_in and v_consent ->> 'marketing' is distinct from 'resume'))
    and coalesce((app.find_template(p_shard, p_outbound.account_id, p_content ->> 'name', p_content ->> 'language')).category,
          'MARKETING') = 'MARKETING' then
    v_reason := case when v_consent ->> 'marketing' = 'stop' then 'the customer has opted out of marketing messages'
                     else 'the customer has not asked for marketing messages (marketing_needs_opt_in)' end;
  end if;
  return case when v_reason is not null then jsonb_build_object('verdict', 'refuse', 'code', 'BLOCKED_BY_POLICY', 'message', v_reason) end;
end;
$$;

revoke execute on function app.consent_gate from public;
grant execute on function app.consent_gate to service_role;

-- 62_gates/consent_of.sql
-- What a person last said: {all: 'stop' | 'resume' | null, marketing: ...}, under whichever of the contacts that turned
-- out to be this one it was said; so merging contacts needs to move nothing. Locks: none.
-- Called by: consent_gate, ingest_message, apply_consent_word, start_turn, complete_turn.
create function app.consent_of (
  p_shard      smallint,
  p_contact_id uuid
)
  returns jsonb
  language sql
  stable
  set search_path = ''
  set enable_seqscan = off
as $$
  with recursive person as (
    select p_contact_id as id
    union
    select c.id from person p join public.contacts c on c.shard = p_shard and c.merged_into = p.id
  )
  select jsonb_object_agg(s.scope, newest.action)
    from unnest(array['all', 'marketing']) as s (scope)
    left join lateral (
      select e.action
        from person p
        cross join lateral (
          select x.action, x.occurred_at, x.recorded_at
            from public.consent_events x
           where x.shard = p_shard and x.contact_id = p.id and x.scope = s.scope
           order by x.occurred_at desc, x.recorded_at desc
           limit 1
        ) as e
       order by e.occurred_at desc, e.recorded_at desc
       limit 1
    ) as newest on true;
$$;

revoke execute on function app.consent_of from public;
grant execute on function app.consent_of to service_role;

-- 62_gates/consent_word.sql
-- Whether a customer's text is, as a whole, a word that opts out or in: {action: 'stop' | 'resume', language}; else
-- null. Case, spaces and marks around it do not count; a word within a sentence is no such word. The tenant's own words
-- stand in place of those of its languages; they count as its first language. Called by: ingest_message.
create function app.consent_word (
  p_tenant public.tenants,
  p_text   text
)
  returns jsonb
  language plpgsql
  immutable
  set search_path = ''
as $$
declare
  v_text     text;
  v_language text;
  v_words    jsonb;
begin
  if length(p_text) > 60 then
    return null;
  end if;
  v_text := lower(regexp_replace(btrim(p_text, E' \t\r\n.,;:!?¡¿"''*_~()'), '\s+', ' ', 'g'));
  if v_text = '' then
    return null;
  end if;
  if v_text = any (p_tenant.opt_out_words) then
    return jsonb_build_object('action', 'stop', 'language', p_tenant.consent_languages[1]);
  elsif v_text = any (p_tenant.opt_in_words) then
    return jsonb_build_object('action', 'resume', 'language', p_tenant.consent_languages[1]);
  end if;
  foreach v_language in array p_tenant.consent_languages loop
    v_words := app.consent_defaults(v_language);
    if p_tenant.opt_out_words is null and v_words -> 'stop' ? v_text then
      return jsonb_build_object('action', 'stop', 'language', v_language);
    elsif p_tenant.opt_in_words is null and v_words -> 'resume' ? v_text then
      return jsonb_build_object('action', 'resume', 'language', v_language);
    end if;
  end loop;
  return null;
end;
$$;

revoke execute on function app.consent_word from public;
grant execute on function app.consent_word to service_role;

-- 62_gates/cut_answers.sql
-- Cancels what has not left of answers of which something has, when the customer has spoken again since and the tenant
-- wants answers to give way (on_new_message 'supersede'); the memory then ends where the customer interrupted. An
-- answer of which nothing has left is recall_answer's affair. What is leaving, or may have left, stays. Returns how
-- many messages were cancelled. Idempotent.
-- Locks: memory, outbound messages in ascending order, messages; nothing when nothing waits to be sent. Called by:
-- start_turn, recall_answer.
create function app.cut_answers (
  p_shard           smallint,
  p_conversation_id uuid
)
  returns integer
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_ids   uuid[];
  v_turn  uuid;
  v_count integer;
  v_all   integer := 0;
begin
  select array_agg(o.id order by o.id)
    into v_ids
    from app.message_queue q
    join app.outbound_message o on o.shard = q.shard and o.id = (q.payload ->> 'outbound_id')::uuid
    join public.messages m on m.shard = o.shard and m.id = o.message_id
    join public.tenants t on t.id = o.tenant_id
   where q.shard = p_shard and q.queue = 'outbound' and q.lane_id = p_conversation_id
     and o.status = 'QUEUED' and o.turn_id is not null and t.on_new_message = 'supersede'
     and exists (select from app.message_queue i
                  where i.shard = p_shard and i.queue = 'inbound' and i.lane_id = p_conversation_id
                    and (i.payload ->> 'position')::bigint > m.position)
     and exists (select from app.outbound_message x
                  where x.shard = o.shard and x.conversation_id = p_conversation_id and x.turn_id = o.turn_id
                    and x.status not in ('QUEUED', 'CANCELLED', 'FAILED', 'PARKED'));
  if v_ids is null then
    return 0;
  end if;

  perform from app.ai_conversation_memory where shard = p_shard and conversation_id = p_conversation_id for update;
  perform from app.outbound_message where shard = p_shard and id = any (v_ids) order by id for update;
  for v_turn, v_count in
    with cut as (
      select o.turn_id, app.set_outbound_status(p_shard, o.id, 'CANCELLED',
               '{"code": "interrupted", "message": "the customer wrote before this part of the answer was sent"}')
        from app.outbound_message o
       where o.shard = p_shard and o.id = any (v_ids) and o.status = 'QUEUED'
    )
    select cut.turn_id, count(*) from cut group by cut.turn_id
  loop
    perform app.forget_replies(p_shard, p_conversation_id, v_turn, v_count);
    v_all := v_all + v_count;
  end loop;
  return v_all;
end;
$$;

revoke execute on function app.cut_answers from public;
grant execute on function app.cut_answers to service_role;

-- 62_gates/disclose.sql
-- The content of an agent's message with the tenant's disclosure before it, when the customer has not been told yet in
-- this conversation (or session); else as it is. The message that carries it is written down before it leaves; one that
-- failed or was cancelled has told nobody, so that the next one does. Text that would grow too long is left as it is;
-- the handler of turns leaves room.
-- Idempotent: the same message carries it again. Locks: the conversation's row of ai_disclosures. Called by:
-- check_outbound.
create function app.disclose (
  p_shard    smallint,
  p_tenant   public.tenants,
  p_outbound app.outbound_message,
  p_content  jsonb
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_text    text := p_tenant.ai_disclosure || E'\n\n' || (p_content ->> 'text');
  v_session uuid;
begin
  if v_text is null or p_content ->> 'type' = 'template' or length(v_text) > (case p_content ->> 'type' when 'text' then 4096 else 1024 end) then
    return p_content;
  end if;
  if p_tenant.ai_disclosure_per = 'session' then
    select m.session_id into v_session from app.ai_conversation_memory m where m.shard = p_shard and m.conversation_id = p_outbound.conversation_id;
  end if;

  insert into app.ai_disclosures as d (shard, conversation_id, outbound_message_id, session_id)
  values (p_shard, p_outbound.conversation_id, p_outbound.id, v_session)
  on conflict (shard, conversation_id) do update
    set outbound_message_id = excluded.outbound_message_id, session_id = excluded.session_id
    where d.outbound_message_id = excluded.outbound_message_id
       or (excluded.session_id is not null and d.session_id is distinct from excluded.session_id)
       or not exists (select from app.outbound_message o
                       where o.shard = d.shard and o.id = d.outbound_message_id and o.status not in ('FAILED', 'CANCELLED', 'PARKED'));
  return case when found then p_content || jsonb_build_object('text', v_text) else p_content end;
end;
$$;

revoke execute on function app.disclose from public;
grant execute on function app.disclose to service_role;

-- 62_gates/fill_window_template.sql
-- The tenant's template for closed windows with an outbound text in it: {content}, or {problem} in words when there is
-- no way. The template: window_template, approved, in the first of window_template_languages that it has, else in any.
-- Its placeholders, by window_template_parameters: 'text' (the message in one line), 'tenant_name', 'contact_name',
-- which may name what stands for an unknown one ('contact_name|friend'), or a literal ('=Luna'). Without that setting a
-- single placeholder is the text, and of two the first is the name. The text must be among them, whole: what is longer
-- than window_template_text_max, or makes the body longer than Meta's 1024 characters, is not cut. Locks: none. Called
-- by: window_gate.
create function app.fill_window_template (
  p_shard    smallint,
  p_tenant   public.tenants,
  p_outbound app.outbound_message
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  v_text     text := btrim(regexp_replace(p_outbound.content ->> 'text', '\s+', ' ', 'g'));
  v_template public.message_templates;
  v_body     text;
  v_wanted   text[];
  v_sources  jsonb := p_tenant.window_template_parameters;
  v_values   jsonb;
  v_missing  text;
  v_contact  text;
begin
  if p_tenant.window_template is null then
    return '{"problem": "no template is set for closed windows (window_template)"}';
  elsif p_outbound.content ->> 'type' <> 'text' or coalesce(v_text, '') = '' then
    return jsonb_build_object('problem', format('a message of the type %s cannot be put into a template', p_outbound.content ->> 'type'));
  end if;

  select t.* into v_template
    from public.whatsapp_accounts a
    join public.message_templates t on t.shard = a.shard and t.tenant_id = a.tenant_id and t.business_id = a.business_id
   where a.shard = p_shard and a.id = p_outbound.account_id and t.name = p_tenant.window_template and t.status = 'APPROVED'
   order by coalesce(array_position(p_tenant.window_template_languages, t.language), 1000), t.language
   limit 1;
  if not found then
    return jsonb_build_object('problem', format('the template "%s" is not approved in any language, or is not known', p_tenant.window_template));
  end if;

  select c ->> 'text' into v_body from jsonb_array_elements(v_template.components) as c where upper(c ->> 'type') = 'BODY';
  v_wanted := app.template_placeholders(v_body);
  if v_sources is null then
    v_sources := case cardinality(v_wanted)
                 when 1 then jsonb_build_object(v_wanted[1], 'text')
                 when 2 then jsonb_build_object(v_wanted[1], 'contact_name', v_wanted[2], 'text')
                 else '{}' end;
  end if;
  select c.name into v_contact
    from public.conversations x
    join public.contacts c on c.shard = x.shard and c.id = x.contact_id
   where x.shard = p_shard and x.id = p_outbound.conversation_id;

  select jsonb_object_agg(w.name, case
           when v_sources ->> w.name = 'text' then v_text
           when v_sources ->> w.name = 'tenant_name' then p_tenant.name
           when v_sources ->> w.name ~ '^contact_name(\||$)'
             then coalesce(nullif(btrim(regexp_replace(v_contact, '\s+', ' ', 'g')), ''), nullif(split_part(v_sources ->> w.name, '|', 2), ''))
           when v_sources ->> w.name like '=_%' then substr(v_sources ->> w.name, 2) end)
    into v_values
    from unnest(v_wanted) as w (name);
  select string_agg('{{' || key || '}}', ', ' order by key) into v_missing from jsonb_each(v_values) where value = 'null';
  if v_missing is not null then
    return jsonb_build_object('problem',
      format('the template "%s" has placeholders that nothing stands for: %s (window_template_parameters)', v_template.name, v_missing));
  elsif not exists (select from unnest(v_wanted) as w (name) where v_sources ->> w.name = 'text') then
    return jsonb_build_object('problem', format('the template "%s" has no placeholder for the text', v_template.name));
  elsif length(v_text) > p_tenant.window_template_text_max
     or length(v_body) + (select sum(length(value)) from jsonb_each_text(v_values)) > 1024 then
    return jsonb_build_object('problem', format('the text is too long for the template "%s"', v_template.name));
  end if;

  return jsonb_build_object('content', jsonb_build_object('type', 'template', 'name', v_template.name, 'language', v_template.language, 'components',
    jsonb_build_array(jsonb_build_object('type', 'body', 'parameters', (
      select jsonb_agg(jsonb_build_object('type', 'text', 'text', v_values ->> w.name)
                         || case when w.name ~ '^[0-9]+$' then '{}' else jsonb_build_object('parameter_name', w.name) end
                       order by case when w.name ~ '^[0-9]+$' then w.name::integer else w.ordinal end)
        from unnest(v_wanted) with ordinality as w (name, ordinal))))));
end;
$$;

revoke execute on function app.fill_window_template from public;
grant execute on function app.fill_window_template to service_role;

-- 62_gates/find_template.sql
-- The template of that name and language that an account can send; a row of nulls when none is known. Meta writes a
-- language as en_US, its webhooks also as en-US. Locks: none. Called by: check_template, consent_gate.
create function app.find_template (
  p_shard      smallint,
  p_account_id uuid,
  p_name       text,
  p_language   text
)
  returns public.message_templates
  language sql
  stable
  set search_path = ''
as $$
  select t
    from public.whatsapp_accounts a
    join public.message_templates t on t.shard = a.shard and t.tenant_id = a.tenant_id and t.business_id = a.business_id
   where a.shard = p_shard and a.id = p_account_id and t.name = p_name and t.language = replace(p_language, '-', '_');
$$;

revoke execute on function app.find_template from public;
grant execute on function app.find_template to service_role;

-- 62_gates/follow_verdict.sql
-- Does what check_outbound said about the head of a leased outbound lane. Returns what start_outbound_attempt is to
-- return: {action: 'wait' | 'done'}, the lane has been given back; or null: the message goes on, with what leaves in
-- sent_content and in the message that people see. Who waits for a token keeps its place; what waits for a time
-- (scheduled, quiet hours) leaves the lane and takes its place again when it is due, so that nothing waits behind it.
-- Raises SB001 when the lease is stale.
-- Locks: message, task (a trigger), lane, ready; the caller holds the outbound message. Called by: start_outbound_attempt.
create function app.follow_verdict (
  p_shard    smallint,
  p_lane_id  uuid,
  p_token    bigint,
  p_seq      bigint,
  p_outbound app.outbound_message,
  p_verdict  jsonb
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_content jsonb := p_verdict -> 'content';
  v_error   jsonb := p_verdict - 'verdict';
  v_until   timestamptz := (p_verdict ->> 'until')::timestamptz;
begin
  case p_verdict ->> 'verdict'
  when 'replace' then
    update app.outbound_message set sent_content = v_content where shard = p_shard and id = p_outbound.id;
    update public.messages
       set type = v_content ->> 'type', content = v_content, body = coalesce(v_content ->> 'text', body)
     where shard = p_shard and id = p_outbound.message_id;
    return null;
  when 'wait' then
    if p_verdict ->> 'why' in ('pair_rate', 'number_rate') then
      perform app.hold_lane(p_shard, 'outbound', p_lane_id, p_token, v_until);
      return jsonb_build_object('action', 'wait', 'why', p_verdict -> 'why');
    end if;
    perform app.enqueue_message(p_shard, 'outbound', p_lane_id, p_outbound.tenant_id, 'send', jsonb_build_object('outbound_id', p_outbound.id),
      p_outbound.correlation_id, p_run_at => v_until);
  when 'park' then
    perform app.set_outbound_status(p_shard, p_outbound.id, 'PARKED', v_error);
  when 'refuse' then
    perform app.set_outbound_status(p_shard, p_outbound.id, 'FAILED', v_error);
  end case;
  perform app.complete_queue_messages(p_shard, 'outbound', p_lane_id, p_token, p_seq);
  return '{"action": "done"}';
end;
$$;

revoke execute on function app.follow_verdict from public;
grant execute on function app.follow_verdict to service_role;

-- 62_gates/forget_replies.sql
-- Takes the last p_count replies of a turn's answer out of a conversation's memory: they were never said.
-- Locks: the memory row. Called by: cut_answers.
create function app.forget_replies (
  p_shard           smallint,
  p_conversation_id uuid,
  p_turn_id         uuid,
  p_count           integer
)
  returns void
  language sql
  set search_path = ''
as $$
  update app.ai_conversation_memory m
     set messages = (
           select coalesce(jsonb_agg(e.entry order by e.ordinal) filter (where not e.is_reply or e.from_end > p_count), '[]')
             from (select x.entry, x.ordinal, x.is_reply, row_number() over (partition by x.is_reply order by x.ordinal desc) as from_end
                     from (select y.entry, y.ordinal,
                                  coalesce(y.entry ->> 'turn' = p_turn_id::text and y.entry ->> 'role' = 'assistant', false) as is_reply
                             from jsonb_array_elements(m.messages) with ordinality as y (entry, ordinal)) as x) as e
         )
   where m.shard = p_shard and m.conversation_id = p_conversation_id;
$$;

revoke execute on function app.forget_replies from public;
grant execute on function app.forget_replies to service_role;

-- 62_gates/list_templates.sql
-- The templates that a tenant has, by name and language; of one account's business account, or (null) of all.
-- Called by: the HTTP API, the inbox.
create function app.list_templates (
  p_shard      smallint,
  p_tenant_id  uuid,
  p_account_id uuid default null
)
  returns setof public.message_templates
  language sql
  stable
  set search_path = ''
as $$
  select t
    from public.message_templates t
   where t.shard = p_shard and t.tenant_id = p_tenant_id
     and (p_account_id is null or t.business_id = (
           select a.business_id from public.whatsapp_accounts a where a.shard = p_shard and a.id = p_account_id))
   order by t.name, t.language, t.business_id;
$$;

revoke execute on function app.list_templates from public;
grant execute on function app.list_templates to service_role;

-- 62_gates/note_refusal.sql
-- Learns from a refusal by the provider. 131047: the window was closed when that attempt was made, whatever we
-- thought. 131050: the person has opted out of marketing. Other codes teach nothing. Idempotent.
-- Locks: the conversation's row of window_corrections; the caller holds the outbound message. Called by:
-- refuse_outbound.
create function app.note_refusal (
  p_shard      smallint,
  p_outbound   app.outbound_message,
  p_attempt_no smallint,
  p_code       text
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  if p_code = '131047' then
    insert into app.window_corrections as w (shard, conversation_id, closed_at)
    values (p_shard, p_outbound.conversation_id, coalesce((
      select a.started_at from app.outbound_attempt a
       where a.shard = p_shard and a.outbound_message_id = p_outbound.id and a.attempt_no = p_attempt_no), p_outbound.created_at))
    on conflict (shard, conversation_id) do update set closed_at = greatest(w.closed_at, excluded.closed_at);
  elsif p_code = '131050' then
    perform app.record_consent(p_shard, c.contact_id, 'marketing', 'stop', 'refusal', format('refusal:%s:131050', p_outbound.id), app.now(),
              jsonb_build_object('account_id', p_outbound.account_id, 'message_id', p_outbound.message_id))
       from public.conversations c
      where c.shard = p_shard and c.id = p_outbound.conversation_id;
  end if;
end;
$$;

revoke execute on function app.note_refusal from public;
grant execute on function app.note_refusal to service_role;

-- 62_gates/provider_window.sql
-- How long after the customer's last message a provider takes free text; null: it knows no window.
-- Called by: send_window.
create function app.provider_window (
  p_provider text
)
  returns interval
  language sql
  immutable
  set search_path = ''
as $$
  select case when p_provider in ('cloud_api', 'twilio') then interval '24 hours' end;
$$;

revoke execute on function app.provider_window from public;
grant execute on function app.provider_window to service_role;

-- 62_gates/quiet_until.sql
-- When the tenant's quiet hours end, if p_at is within them; else null. Quiet hours are minutes of the local day; a
-- night that begins on one day and ends on the next is one. Called by: check_outbound.
create function app.quiet_until (
  p_tenant public.tenants,
  p_at     timestamptz
)
  returns timestamptz
  language plpgsql
  immutable
  set search_path = ''
as $$
declare
  v_local  timestamp := p_at at time zone p_tenant.quiet_timezone;
  v_minute integer := extract(hour from v_local) * 60 + extract(minute from v_local);
  v_day    integer;
  v_end    timestamptz;
begin
  foreach v_day in array array[0, 1440] loop
    if p_tenant.quiet_hours @> v_minute + v_day then
      v_end := (date_trunc('day', v_local) + make_interval(mins => upper(p_tenant.quiet_hours) - v_day)) at time zone p_tenant.quiet_timezone;
      -- In the night when clocks are set back a local time may be the earlier of two.
      return case when v_end > p_at then v_end else p_at + interval '1 minute' end;
    end if;
  end loop;
  return null;
end;
$$;

revoke execute on function app.quiet_until from public;
grant execute on function app.quiet_until to service_role;

-- 62_gates/record_consent.sql
-- Writes down that a person opted out or in. p_about: {account_id, message_id, detail}, as far as known.
-- Returns whether it is news. Idempotent by (tenant, p_event_key). Locks: none that anybody waits for.
-- Called by: apply_consent_word, apply_preference, note_refusal, people.
create function app.record_consent (
  p_shard       smallint,
  p_contact_id  uuid,
  p_scope       text,
  p_action      text,
  p_source      text,
  p_event_key   text,
  p_occurred_at timestamptz,
  p_about       jsonb default '{}'
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
begin
  insert into public.consent_events
    (shard, tenant_id, contact_id, scope, action, source, event_key, account_id, message_id, detail, occurred_at, recorded_at)
  select p_shard, c.tenant_id, c.id, p_scope, p_action, p_source, p_event_key, (p_about ->> 'account_id')::uuid,
         (p_about ->> 'message_id')::uuid, coalesce(p_about -> 'detail', '{}'), p_occurred_at, app.now()
    from public.contacts c
   where c.shard = p_shard and c.id = p_contact_id
  on conflict (shard, tenant_id, event_key) do nothing;
  return found;
end;
$$;

revoke execute on function app.record_consent from public;
grant execute on function app.record_consent to service_role;

-- 62_gates/send_window.sql
-- Until when free text may be sent in a conversation: infinity where the provider knows no window, -infinity when the
-- customer never wrote or the provider called the window closed after the customer's last message, else 24 hours after
-- that message, or the end of what an ad that led here opened, whichever is later. (Meta opens the latter only when it
-- is answered within a day; when it was not, the provider says so and that counts.) Locks: none. Called by:
-- window_gate, get_conversation.
create function app.send_window (
  p_shard           smallint,
  p_conversation_id uuid
)
  returns timestamptz
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_window timestamptz;
begin
  select case when app.provider_window(a.provider) is null then 'infinity'
              when w.closed_at >= coalesce(c.last_customer_message_at, '-infinity') then '-infinity'
              else greatest(c.last_customer_message_at + app.provider_window(a.provider), c.free_entry_until, '-infinity') end
    into v_window
    from public.conversations c
    join public.whatsapp_accounts a on a.shard = c.shard and a.id = c.account_id
    left join app.window_corrections w on w.shard = c.shard and w.conversation_id = c.id
   where c.shard = p_shard and c.id = p_conversation_id;
  return v_window;
end;
$$;

revoke execute on function app.send_window from public;
grant execute on function app.send_window to service_role;

-- 62_gates/sync_templates.sql
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

-- 62_gates/take_tokens.sql
-- Takes a token for a send out of the bucket of its conversation and out of that of its number; null: both had one.
-- Else {until, why}: nothing is taken from either. Within any second at most send_rate_per_s leave a number; to one
-- person one in pair_interval_ms, and pair_burst at once, borrowed from what comes after. Who waits for the number is
-- told a time of their own, one after the other, so that not all come back at once; at most a minute ahead. A bucket is
-- never emptier than empty: a clock that was set back, or a lower rate, keeps nobody waiting for longer than a full one lasts.
-- Locks: the conversation's bucket, then the number's: a row that every send of the number needs, so this comes last in
-- its transaction.
-- Called by: check_outbound.
create function app.take_tokens (
  p_shard           smallint,
  p_account_id      uuid,
  p_conversation_id uuid
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  -- What is sent later may be under way for less time: the provider counts arrivals.
  c_jitter  constant interval := '250 milliseconds';
  v_now     timestamptz := app.now();
  v_account public.whatsapp_accounts;
  v_pair    interval;
  v_before  timestamptz;
  v_burst   integer;
  v_gap     interval;
  v_granted boolean;
  v_asked   timestamptz;
begin
  select * into strict v_account from public.whatsapp_accounts where shard = p_shard and id = p_account_id;
  v_pair := make_interval(secs => v_account.pair_interval_ms / 1000.0);
  -- A tenth of a second's sends at once, and nine tenths a second: together the rate, in every second.
  v_burst := greatest(1, v_account.send_rate_per_s / 10);
  v_gap := interval '1 second' / (0.9 * v_account.send_rate_per_s);

  insert into app.pair_pace (shard, conversation_id, tat) values (p_shard, p_conversation_id, '-infinity') on conflict do nothing;
  select tat into strict v_before from app.pair_pace where shard = p_shard and conversation_id = p_conversation_id for no key update;
  if v_before > v_now + v_account.pair_burst * v_pair then
    update app.pair_pace set tat = v_now + v_account.pair_burst * v_pair
     where shard = p_shard and conversation_id = p_conversation_id
    returning tat into strict v_before;
  end if;
  v_asked := v_before - (v_account.pair_burst - 1) * v_pair + c_jitter;
  if v_asked > v_now and v_before > v_now then
    return jsonb_build_object('until', v_asked, 'why', 'pair_rate');
  end if;
  update app.pair_pace set tat = greatest(v_before, v_now) + v_pair where shard = p_shard and conversation_id = p_conversation_id;

  insert into app.send_pace as p (shard, account_id, tat, asked, granted)
  values (p_shard, p_account_id, v_now + v_gap, v_now, true)
  on conflict (shard, account_id) do update
    set granted = p.tat - (v_burst - 1) * v_gap <= v_now,
        tat     = case when p.tat - (v_burst - 1) * v_gap <= v_now then greatest(p.tat, v_now) + v_gap else least(p.tat, v_now + v_burst * v_gap) end,
        asked   = case when p.tat - (v_burst - 1) * v_gap <= v_now then p.asked
                       else greatest(least(p.asked, v_now + interval '1 minute') + v_gap, least(p.tat, v_now + v_burst * v_gap) - (v_burst - 1) * v_gap) end
  returning p.granted, p.asked into v_granted, v_asked;
  if v_granted then
    return null;
  end if;
  update app.pair_pace set tat = v_before where shard = p_shard and conversation_id = p_conversation_id;
  return jsonb_build_object('until', v_asked, 'why', 'number_rate');
end;
$$;

revoke execute on function app.take_tokens from public;
grant execute on function app.take_tokens to service_role;

-- 62_gates/template_placeholders.sql
-- The placeholders of a template's text, in their order, each once: {{1}}, {{2}} give '1', '2'; {{name}} gives 'name'.
-- Called by: check_template, fill_window_template.
create function app.template_placeholders (
  p_text text
)
  returns text[]
  language sql
  immutable
  set search_path = ''
as $$
  select coalesce(array_agg(x.name order by x.first), '{}')
    from (select m.found[1] as name, min(m.ordinal) as first
            from regexp_matches(coalesce(p_text, ''), '\{\{\s*([A-Za-z0-9_]+)\s*\}\}', 'g') with ordinality as m (found, ordinal)
           group by m.found[1]) as x;
$$;

revoke execute on function app.template_placeholders from public;
grant execute on function app.template_placeholders to service_role;

-- 62_gates/template_syncs_due.sql
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

-- 62_gates/window_gate.sql
-- What becomes of a message by the state of the window: null while it is open and for templates; else 'replace' by the
-- tenant's template (fill_window_template), or 'park' for a person when there is no way. Locks: none. Called by:
-- check_outbound.
create function app.window_gate (
  p_shard    smallint,
  p_tenant   public.tenants,
  p_outbound app.outbound_message
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  v_filled jsonb;
begin
  if p_outbound.content ->> 'type' = 'template' or app.send_window(p_shard, p_outbound.conversation_id) > app.now() then
    return null;
  end if;
  v_filled := app.fill_window_template(p_shard, p_tenant, p_outbound);
  if v_filled ? 'content' then
    return jsonb_build_object('verdict', 'replace', 'content', v_filled -> 'content');
  end if;
  return jsonb_build_object('verdict', 'park', 'code', 'window_closed',
    'message', format('The customer''s window is closed and no template could take the message: %s. Send a template, or wait until the customer writes.',
                      v_filled ->> 'problem'));
end;
$$;

revoke execute on function app.window_gate from public;
grant execute on function app.window_gate to service_role;

-- 64_media/10_media.sql
-- The files of messages: what customers sent and what tenants uploaded to send. The bytes lie in Supabase Storage, in the
-- private bucket `media` under the tenant's folder; a row here says what they are.

create table public.media (
  shard             smallint    not null default 0,
  id                uuid        not null default gen_random_uuid(),
  tenant_id         uuid        not null,
  -- The account that a file came in through; null for an upload, which any account of the tenant may send.
  account_id        uuid,
  -- The message that it came with; null for an upload.
  message_id        uuid,
  direction         text        not null check (direction in ('in', 'out')),
  kind              text        not null check (kind in ('image', 'audio', 'video', 'document', 'sticker')),
  -- What the bytes are, not what somebody said they were.
  mime_type         text        check (length(mime_type) between 3 and 200),
  size_bytes        bigint      check (size_bytes > 0),
  sha256            text        check (sha256 ~ '^[0-9a-f]{64}$'),
  -- Made harmless before it is stored; for people to see, never part of a path.
  filename          text        check (length(filename) between 1 and 240),
  -- `<tenant id>/<yyyy>/<mm>/<media id>.<ext>` in the bucket; null for a file that could not be had.
  storage_path      text,
  -- The provider's id of an incoming file.
  provider_media_id text,
  -- Why it could not be had: {code, message}.
  error             jsonb,
  created_at        timestamptz not null,
  primary key (shard, id),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade,
  foreign key (shard, account_id) references public.whatsapp_accounts (shard, id) on delete cascade,
  foreign key (shard, message_id) references public.messages (shard, id) on delete cascade,
  check ((direction = 'in') = (message_id is not null) and (direction = 'in') = (account_id is not null)),
  check ((storage_path is null) = (error is not null)),
  check (storage_path is null or (mime_type is not null and size_bytes is not null and sha256 is not null
                                  and starts_with(storage_path, tenant_id::text || '/')))
);
comment on table public.media is 'The files of messages, in and out; their bytes lie in the bucket `media`.';
create unique index media_message on public.media (shard, message_id) where message_id is not null;
-- An upload of the same bytes is the same file.
create unique index media_upload on public.media (shard, tenant_id, sha256) where direction = 'out';
create index media_tenant on public.media (shard, tenant_id, created_at);
create index media_account on public.media (shard, account_id) where account_id is not null;

alter table public.media enable row level security;
create policy "members see their media" on public.media
  for select to authenticated using (tenant_id in (select app.member_tenant_ids()));
grant select on public.media to authenticated;
grant select, insert, update, delete on public.media to service_role;

-- What a provider already has of ours. At Meta an upload belongs to a phone number and lives for 30 days.
create table app.media_uploads (
  shard             smallint    not null default 0,
  account_id        uuid        not null,
  sha256            text        not null check (sha256 ~ '^[0-9a-f]{64}$'),
  provider_media_id text        not null,
  uploaded_at       timestamptz not null,
  expires_at        timestamptz not null,
  primary key (shard, account_id, sha256),
  foreign key (shard, account_id) references public.whatsapp_accounts (shard, id) on delete cascade
);
comment on table app.media_uploads is 'Uploads at providers, by the hash of the file: the same bytes are uploaded once.';
alter table app.media_uploads enable row level security;
grant select, insert, update, delete on app.media_uploads to service_role;

-- 64_media/file_of.sql
-- The file that a message of that type brings along, out of the type's own object: {kind, id, mime_type, sha256, filename,
-- url}; null: it brings none. Only a file that its provider names by an id is fetched by us.
-- Called by: ingest_message.
create function app.file_of (
  p_type    text,
  p_content jsonb
)
  returns jsonb
  language sql
  immutable
  set search_path = ''
as $$
  select jsonb_strip_nulls(jsonb_build_object(
           'kind', case p_type when 'voice' then 'audio' else p_type end,
           'id', p_content ->> 'id', 'mime_type', p_content ->> 'mime_type', 'sha256', p_content ->> 'sha256',
           'filename', p_content ->> 'filename', 'url', p_content ->> 'url'))
   where p_type in ('image', 'audio', 'voice', 'video', 'document', 'sticker')
     and jsonb_typeof(p_content -> 'id') = 'string' and length(p_content ->> 'id') between 1 and 512;
$$;

revoke execute on function app.file_of from public;
grant execute on function app.file_of to service_role;

-- 64_media/find_media_upload.sql
-- A file that an account is to send: what it is, and its id at the provider when the provider still has it for p_margin.
-- Any file of the account's tenant may be sent, also one that a customer sent. No row: there is no such file, or it could
-- not be had, or it is another tenant's. Called by: commons/handlers/resolve-media.ts.
create function app.find_media_upload (
  p_shard      smallint,
  p_account_id uuid,
  p_media_id   uuid,
  p_margin     interval default '1 hour'
)
  returns table (
    mime_type         text,
    size_bytes        bigint,
    sha256            text,
    filename          text,
    storage_path      text,
    provider_media_id text
  )
  language sql
  stable
  set search_path = ''
as $$
  select f.mime_type, f.size_bytes, f.sha256, f.filename, f.storage_path, u.provider_media_id
    from public.whatsapp_accounts a
    join public.media f on f.shard = p_shard and f.id = p_media_id and f.tenant_id = a.tenant_id and f.storage_path is not null
    left join app.media_uploads u
      on u.shard = p_shard and u.account_id = a.id and u.sha256 = f.sha256 and u.expires_at > app.now() + p_margin
   where a.shard = p_shard and a.id = p_account_id;
$$;

revoke execute on function app.find_media_upload from public;
grant execute on function app.find_media_upload to service_role;

-- 64_media/finish_media.sql
-- Ends the fetching of a message's file under its lease, in one transaction: what it is, or why it could not be had; the
-- burst that waited for it goes on; the work is done and its lane, which has no other, is gone.
-- p_result: {kind, provider_media_id, mime_type, size_bytes, sha256, filename, storage_path}, or {kind, provider_media_id,
-- error: {code, message}}. A file that was fetched after all (a dead letter replayed) takes the place of its failure.
-- The file has the id of its message. Raises SB001 when the lease is stale, SB404 without the message, 23514 for what makes no sense.
-- Locks: conversation, message, lane of inbound, ready, lane of media, ready. Called by: commons/handlers/media.ts.
create function app.finish_media (
  p_shard    smallint,
  p_lane_id  uuid,
  p_token    bigint,
  p_seq      bigint,
  p_result   jsonb
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_message public.messages;
begin
  perform app.set_media_state(p_shard, p_lane_id, case when p_result ? 'error' then 'failed' else 'ready' end);
  select * into strict v_message from public.messages m where m.shard = p_shard and m.id = p_lane_id;

  insert into public.media
    (shard, id, tenant_id, account_id, message_id, direction, kind, mime_type, size_bytes, sha256, filename, storage_path,
     provider_media_id, error, created_at)
  values (p_shard, p_lane_id, v_message.tenant_id, v_message.account_id, p_lane_id, 'in', p_result ->> 'kind', p_result ->> 'mime_type',
    (p_result ->> 'size_bytes')::bigint, p_result ->> 'sha256', p_result ->> 'filename', p_result ->> 'storage_path',
    p_result ->> 'provider_media_id', p_result -> 'error', app.now())
  on conflict (shard, id) do update
    set mime_type = excluded.mime_type, size_bytes = excluded.size_bytes, sha256 = excluded.sha256, filename = excluded.filename,
        storage_path = excluded.storage_path, error = excluded.error;
  update public.messages m set media_state = 'ready'
   where m.shard = p_shard and m.id = p_lane_id and m.media_state = 'failed' and not p_result ? 'error';

  perform app.complete_queue_messages(p_shard, 'media', p_lane_id, p_token, p_seq);
  delete from app.queue_lane l where l.shard = p_shard and l.queue = 'media' and l.lane_id = p_lane_id and l.tail = p_seq;
end;
$$;

revoke execute on function app.finish_media from public;
grant execute on function app.finish_media to service_role;

-- 64_media/forget_media_upload.sql
-- Forgets the id of a file at a provider, because the provider would not have it any more; a newer one stays.
-- Returns whether there was one to forget. Idempotent. Locks: the row. Called by: commons/handlers/resolve-media.ts.
create function app.forget_media_upload (
  p_shard             smallint,
  p_account_id        uuid,
  p_provider_media_id text
)
  returns boolean
  language sql
  set search_path = ''
as $$
  with gone as (
    delete from app.media_uploads u
     where u.shard = p_shard and u.account_id = p_account_id and u.provider_media_id = p_provider_media_id
    returning 1
  )
  select exists (select from gone);
$$;

revoke execute on function app.forget_media_upload from public;
grant execute on function app.forget_media_upload to service_role;

-- 64_media/keep_media_upload.sql
-- Remembers the id that a provider gave a file of ours, for p_keep. Two workers that uploaded the same file at once both
-- have a good id; the later one stays. Idempotent. Raises 23503 without the account. Locks: the row.
-- Called by: commons/handlers/resolve-media.ts.
create function app.keep_media_upload (
  p_shard             smallint,
  p_account_id        uuid,
  p_sha256            text,
  p_provider_media_id text,
  p_keep              interval
)
  returns void
  language sql
  set search_path = ''
as $$
  insert into app.media_uploads (shard, account_id, sha256, provider_media_id, uploaded_at, expires_at)
  values (p_shard, p_account_id, p_sha256, p_provider_media_id, app.now(), app.now() + p_keep)
  on conflict (shard, account_id, sha256) do update
    set provider_media_id = excluded.provider_media_id, uploaded_at = excluded.uploaded_at, expires_at = excluded.expires_at;
$$;

revoke execute on function app.keep_media_upload from public;
grant execute on function app.keep_media_upload to service_role;

-- 64_media/prepare_storage.sql
-- Makes the private bucket `media` and lets members read what lies in their tenant's folder; writing is the service role's
-- alone. Where there is no Storage (plain Postgres) or its tables may not be changed, it says so and does nothing: members
-- then read nothing, and files are kept once the bucket is there.
-- Returns 'ready', or why not. Idempotent. Locks: Storage's tables, when there is something to make.
-- Called by: the initial migration; people, after Storage was switched on.
create function app.prepare_storage ()
  returns text
  language plpgsql
  set search_path = ''
as $$
declare
  -- In variables, so that nothing looks for them where they are not.
  v_buckets text := 'storage.buckets';
  v_objects text := 'storage.objects';
begin
  if to_regclass(v_buckets) is null or to_regclass(v_objects) is null then
    return 'there is no Storage here';
  end if;

  execute format('insert into %s (id, name, public, file_size_limit) values (%L, %L, false, %s) on conflict (id) do nothing',
    v_buckets, 'media', 'media', 100 * 1024 * 1024);
  if not exists (select from pg_catalog.pg_policy where polrelid = to_regclass(v_objects) and polname = 'members read their media') then
    execute format($p$
      create policy "members read their media" on %s for select to authenticated
        using (bucket_id = 'media' and split_part(name, '/', 1) in (select t::text from app.member_tenant_ids() as t)) $p$, v_objects);
  end if;
  return 'ready';
exception when insufficient_privilege then
  raise warning 'the bucket "media" or its policy could not be made: %', sqlerrm;
  return 'not allowed: ' || sqlerrm;
end;
$$;

revoke execute on function app.prepare_storage from public;
grant execute on function app.prepare_storage to service_role;

-- 64_media/store_media.sql
-- Writes down an upload of a tenant, whose bytes lie in Storage already. The same bytes are the same file: the row of the
-- first upload is kept and given back, and the caller removes what it has just put beside it.
-- p_media: {id, kind, mime_type, size_bytes, sha256, filename, storage_path}.
-- Returns {id, kind, mime_type, size_bytes, sha256, filename, storage_path}. Idempotent. Raises 23503 without the tenant,
-- 23514 for what makes no sense. Locks: the row. Called by: commons/work/store-media.ts.
create function app.store_media (
  p_shard     smallint,
  p_tenant_id uuid,
  p_media     jsonb
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
begin
  insert into public.media (shard, id, tenant_id, direction, kind, mime_type, size_bytes, sha256, filename, storage_path, created_at)
  values (p_shard, (p_media ->> 'id')::uuid, p_tenant_id, 'out', p_media ->> 'kind', p_media ->> 'mime_type',
    (p_media ->> 'size_bytes')::bigint, p_media ->> 'sha256', p_media ->> 'filename', p_media ->> 'storage_path', app.now())
  on conflict (shard, tenant_id, sha256) where direction = 'out' do nothing;

  return (
    select jsonb_build_object('id', f.id, 'kind', f.kind, 'mime_type', f.mime_type, 'size_bytes', f.size_bytes,
             'sha256', f.sha256, 'filename', f.filename, 'storage_path', f.storage_path)
      from public.media f
     where f.shard = p_shard and f.tenant_id = p_tenant_id and f.sha256 = p_media ->> 'sha256' and f.direction = 'out');
end;
$$;

revoke execute on function app.store_media from public;
grant execute on function app.store_media to service_role;

-- 65_activity/10_activity.sql
-- What was done and by whom: the audit log, which only grows, and the events of a conversation that have no table of their own.

-- One row for every change that somebody may have to answer for; an outbound message is audited by a trigger, so that no
-- path can forget. Read by members, written by the engine, changed by nobody (refuse_change). It points to no tenant:
-- what was done to a tenant outlives it. A partition for each day, dropped whole when it is old (app.retention).
create table public.audit_logs (
  shard         smallint    not null default 0,
  id            uuid        not null default gen_random_uuid(),
  tenant_id     uuid        not null,
  -- 'user:<uuid>', 'key:<uuid>' (an API key), 'agent:<name>', 'provider' or 'system'.
  actor         text        not null check (length(actor) between 1 and 200),
  action        text        not null check (action in ('CREATED', 'SENT', 'UPDATED', 'FAILED', 'BLOCKED_BY_POLICY')),
  resource_type text        not null check (resource_type ~ '^[a-z_]{1,60}$'),
  resource_id   text        not null check (length(resource_id) between 1 and 200),
  -- Ids, states and codes; no personal data.
  meta          jsonb       not null default '{}',
  -- Where the request came from, as far as it was one.
  ip            inet,
  user_agent    text        check (length(user_agent) <= 400),
  created_at    timestamptz not null,
  primary key (shard, tenant_id, created_at, id)
) partition by range (created_at);
comment on table public.audit_logs is 'Who did what, when and from where. Only ever added to.';
create table app.audit_logs_default partition of public.audit_logs default;
create index audit_logs_resource on public.audit_logs (shard, resource_id);

alter table public.audit_logs enable row level security;
alter table app.audit_logs_default enable row level security;
create policy "members see what was done" on public.audit_logs
  for select to authenticated using (tenant_id in (select app.member_tenant_ids()));
grant select on public.audit_logs to authenticated;
grant select, insert on public.audit_logs to service_role;

-- HANDOFF, TOOL_CALL ...: what conversation_timeline cannot find anywhere else.
create table app.conversation_events (
  shard           smallint    not null default 0,
  id              uuid        not null default gen_random_uuid(),
  tenant_id       uuid        not null,
  conversation_id uuid        not null,
  kind            text        not null check (kind ~ '^[A-Z][A-Z_]{1,39}$'),
  actor           text        not null,
  detail          jsonb       not null default '{}',
  created_at      timestamptz not null,
  primary key (shard, id),
  foreign key (shard, conversation_id) references public.conversations (shard, id) on delete cascade
);
comment on table app.conversation_events is 'Facts of a conversation that no other table holds.';
create index conversation_events_time on app.conversation_events (shard, conversation_id, created_at);

alter table app.conversation_events enable row level security;
grant select, insert, update, delete on app.conversation_events to service_role;

-- 65_activity/act_as.sql
-- Says for the rest of the transaction who acts, and from where: what log_audit and note_activity write down.
-- p_caller: {actor: 'user:<uuid>' | 'key:<uuid>' | 'agent:<name>' | 'provider', ip, user_agent}; an address that is none is left out.
-- Locks: none. Called by: the functions behind the HTTP API, complete_turn, apply_outbound_status.
create function app.act_as (
  p_caller jsonb
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_ip text := p_caller ->> 'ip';
begin
  if v_ip is not null then
    begin
      perform v_ip::inet;
    exception when invalid_text_representation then
      v_ip := null;
    end;
  end if;
  perform set_config('app.actor', left(coalesce(p_caller ->> 'actor', ''), 200), true),
          set_config('app.ip', coalesce(v_ip, ''), true),
          set_config('app.user_agent', left(coalesce(p_caller ->> 'user_agent', ''), 400), true);
end;
$$;

revoke execute on function app.act_as from public;
grant execute on function app.act_as to service_role;

-- 65_activity/audit_outbound.sql
-- Audits an outbound message: CREATED with it; then with every change of its status SENT, FAILED, BLOCKED_BY_POLICY (a
-- rule of ours, not the provider, refused it: error code BLOCKED_BY_POLICY), or UPDATED for any other.
-- A trigger, so that no path can forget. Locks: none. Called by: app.outbound_message.
create function app.audit_outbound ()
  returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  perform app.log_audit(new.shard, new.tenant_id,
    case when tg_op = 'INSERT' then 'CREATED'
         when new.status = 'SENT' then 'SENT'
         when new.status = 'FAILED' and new.error ->> 'code' = 'BLOCKED_BY_POLICY' then 'BLOCKED_BY_POLICY'
         when new.status = 'FAILED' then 'FAILED'
         else 'UPDATED' end,
    'outbound_message', new.id::text,
    jsonb_strip_nulls(jsonb_build_object(
      'from', case when tg_op = 'UPDATE' then old.status end, 'to', new.status, 'conversation_id', new.conversation_id,
      'code', case when new.status in ('FAILED', 'CANCELLED', 'PARKED', 'UNKNOWN') then new.error ->> 'code' end,
      'correlation_id', new.correlation_id)));
  return null;
end;
$$;

revoke execute on function app.audit_outbound from public;
grant execute on function app.audit_outbound to service_role;

create trigger audit_created after insert on app.outbound_message for each row execute function app.audit_outbound();
create trigger audit_status after update of status on app.outbound_message for each row
  when (old.status is distinct from new.status) execute function app.audit_outbound();

-- 65_activity/conversation_timeline.sql
-- What happened in a conversation, newest first: messages in and out, how far each came, every try at sending it, turns of
-- the agent, steps of workflows, tasks, what the person said about being written to (on whichever number), and
-- app.conversation_events. Nothing is written for it that another table holds: so nothing is told twice, and a workflow step
-- that is taken back with its answer (recall_workflows) is gone here too.
-- Kinds: MESSAGE_RECEIVED, MESSAGE_QUEUED, MESSAGE_SENT, MESSAGE_STATUS_UPDATE, MESSAGE_FAILED, SEND_ATTEMPT, TURN, WORKFLOW_STEP,
-- TASK_OPENED, TASK_RESOLVED, OPT_OUT, OPT_IN, HANDOFF, and those of note_activity (TOOL_CALL ...). A pause of the agent that
-- has run out is a HANDOFF to the agent; note_handoff writes it down before the next pause takes its place.
-- What was merged into the conversation is part of it.
-- p_before: {at, ref} of the last entry of the page before; null: from the newest on. p_limit: 1 to 200.
-- Returns {items: [{at, ref, kind, detail}], next: {at, ref} | null}. Raises SB404 when the tenant has no such conversation.
-- Locks: none. Called by: the HTTP API.
create function app.conversation_timeline (
  p_shard           smallint,
  p_tenant_id       uuid,
  p_conversation_id uuid,
  p_before          jsonb   default null,
  p_limit           integer default 50
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
  set timezone = 'UTC'
as $$
declare
  v_limit integer := least(greatest(coalesce(p_limit, 50), 1), 200);
  v_lanes uuid[];
  v_items jsonb;
begin
  select array_agg(c.id) into v_lanes
    from public.conversations c
   where c.shard = p_shard and c.tenant_id = p_tenant_id and (c.id = p_conversation_id or c.merged_into = p_conversation_id);
  if not coalesce(p_conversation_id = any (v_lanes), false) then
    raise exception sqlstate 'SB404' using message = format('there is no conversation %s', p_conversation_id);
  end if;

  with recursive outgoing as materialized (
    select o.* from app.outbound_message o where o.shard = p_shard and o.conversation_id = any (v_lanes)
  ), person as (
    select c.contact_id as id from public.conversations c where c.shard = p_shard and c.id = p_conversation_id
    union
    select c.id from person p join public.contacts c on c.shard = p_shard and c.merged_into = p.id
  ), entries (at, ref, kind, detail) as (
    select m.created_at, '10:' || m.id, case m.direction when 'in' then 'MESSAGE_RECEIVED' else 'MESSAGE_SENT' end,
           jsonb_build_object('message_id', m.id, 'author', m.author, 'type', m.type, 'text', m.body)
      from public.messages m
     where m.shard = p_shard and m.conversation_id = any (v_lanes)
       and (m.direction = 'in' or not exists (select from outgoing o where o.message_id = m.id))
    union all
    select o.created_at, '20:' || o.id, 'MESSAGE_QUEUED',
           jsonb_build_object('outbound_id', o.id, 'message_id', o.message_id, 'author', m.author, 'type', m.type, 'text', m.body)
      from outgoing o
      join public.messages m on m.shard = o.shard and m.id = o.message_id
    union all
    select a.started_at, format('30:%s:%s', a.outbound_message_id, lpad(a.attempt_no::text, 5, '0')), 'SEND_ATTEMPT',
           jsonb_build_object('outbound_id', o.id, 'attempt', a.attempt_no, 'state', a.state, 'code', a.error_code, 'finished_at', a.finished_at)
      from outgoing o
      join app.outbound_attempt a on a.shard = o.shard and a.outbound_message_id = o.id
    union all
    -- A provider tells whole seconds: a status does not stand before the step that it follows.
    select greatest(s.at, o.created_at, case when s.rank > 40 then o.sent_at end), format('%s:%s', s.rank, o.id),
           case s.status when 'SENT' then 'MESSAGE_SENT' when 'FAILED' then 'MESSAGE_FAILED' else 'MESSAGE_STATUS_UPDATE' end,
           jsonb_strip_nulls(jsonb_build_object('outbound_id', o.id, 'message_id', o.message_id, 'status', s.status,
             'code', case when s.status in ('FAILED', 'CANCELLED', 'UNKNOWN') then o.error ->> 'code' end))
      from outgoing o
      cross join lateral (values (40, 'SENT', o.sent_at), (41, 'UNKNOWN', o.unknown_since), (42, 'DELIVERED', o.delivered_at), (43, 'READ', o.read_at),
                                 (44, 'PLAYED', o.played_at), (45, 'FAILED', o.failed_at), (46, 'CANCELLED', o.cancelled_at)) as s (rank, status, at)
     where s.at is not null
    union all
    select t.finished_at, '15:' || t.id, 'TURN',
           jsonb_build_object('turn_id', t.id, 'status', t.status, 'reason', t.reason, 'agent', t.service, 'agent_ms', t.agent_ms, 'usage', t.usage)
      from app.turns t
     where t.shard = p_shard and t.conversation_id = any (v_lanes) and t.finished_at is not null
    union all
    select x.at, format('%s:%s', x.rank, t.id), x.kind,
           jsonb_strip_nulls(jsonb_build_object('task_id', t.id, 'kind', t.kind, 'reason', t.reason, 'by', case x.rank when 61 then t.resolved_by end))
      from public.tasks t
      cross join lateral (values (60, 'TASK_OPENED', t.created_at), (61, 'TASK_RESOLVED', t.resolved_at)) as x (rank, kind, at)
     where t.shard = p_shard and t.conversation_id = any (v_lanes) and x.at is not null
    union all
    select s.at, format('17:%s:%s', w.id, lpad(s.version::text, 5, '0')), 'WORKFLOW_STEP',
           jsonb_strip_nulls(jsonb_build_object('workflow_id', w.id, 'workflow', w.workflow, 'version', s.version, 'step', s.step, 'status', s.status,
             'turn_id', s.turn_id, 'code', s.error ->> 'code', 'expires_at', s.expires_at))
      from app.workflow_states w
      join app.workflow_steps s on s.shard = w.shard and s.workflow_id = w.id
     where w.shard = p_shard and w.conversation_id = any (v_lanes)
    union all
    select e.recorded_at, '12:' || e.id, case e.action when 'stop' then 'OPT_OUT' else 'OPT_IN' end,
           jsonb_strip_nulls(jsonb_build_object('scope', e.scope, 'source', e.source, 'account_id', e.account_id, 'message_id', e.message_id))
      from person p
      join public.consent_events e on e.shard = p_shard and e.contact_id = p.id
    union all
    select c.agent_paused_until, '51:' || c.id, 'HANDOFF', '{"to": "agent", "how": "pause_over", "actor": "system"}'
      from public.conversations c
     where c.shard = p_shard and c.id = any (v_lanes) and c.agent_paused_until <= app.now()
    union all
    select e.created_at, '50:' || e.id, e.kind, e.detail || jsonb_build_object('actor', e.actor)
      from app.conversation_events e
     where e.shard = p_shard and e.conversation_id = any (v_lanes)
  ), page as (
    select e.*
      from entries e
     where p_before is null or (e.at, e.ref collate "C") < ((p_before ->> 'at')::timestamptz, p_before ->> 'ref')
     order by e.at desc, e.ref collate "C" desc
     limit v_limit + 1
  )
  select coalesce(jsonb_agg(jsonb_build_object('at', p.at, 'ref', p.ref, 'kind', p.kind, 'detail', p.detail) order by p.at desc, p.ref collate "C" desc), '[]')
    into v_items
    from page p;

  if jsonb_array_length(v_items) <= v_limit then
    return jsonb_build_object('items', v_items, 'next', null);
  end if;
  v_items := v_items - v_limit;
  return jsonb_build_object('items', v_items, 'next', jsonb_build_object('at', v_items -> -1 -> 'at', 'ref', v_items -> -1 -> 'ref'));
end;
$$;

revoke execute on function app.conversation_timeline from public;
grant execute on function app.conversation_timeline to service_role;

-- 65_activity/log_audit.sql
-- Adds a line to the audit log, in the name of whoever act_as named in this transaction, else of the system.
-- p_meta: ids, states and codes; no personal data. Locks: none. Called by: audit_outbound, create_api_key, revoke_api_key.
create function app.log_audit (
  p_shard         smallint,
  p_tenant_id     uuid,
  p_action        text,
  p_resource_type text,
  p_resource_id   text,
  p_meta          jsonb default '{}'
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  insert into public.audit_logs (shard, tenant_id, actor, action, resource_type, resource_id, meta, ip, user_agent, created_at)
  values (p_shard, p_tenant_id, coalesce(nullif(current_setting('app.actor', true), ''), 'system'), p_action, p_resource_type,
          p_resource_id, p_meta, nullif(current_setting('app.ip', true), '')::inet,
          nullif(current_setting('app.user_agent', true), ''), app.now());
end;
$$;

revoke execute on function app.log_audit from public;
grant execute on function app.log_audit to service_role;

-- 65_activity/note_activity.sql
-- Notes in a conversation what no other table holds. p_kind: HANDOFF, TOOL_CALL ..., in capitals
-- (23514 otherwise). p_detail: a small object without personal data. In the name of whoever act_as named.
-- Not idempotent: called once, in the transaction of what it tells. Locks: the conversation, against its deletion only.
-- Called by: complete_turn, note_handoff.
create function app.note_activity (
  p_shard           smallint,
  p_tenant_id       uuid,
  p_conversation_id uuid,
  p_kind            text,
  p_detail          jsonb default '{}'
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  insert into app.conversation_events (shard, tenant_id, conversation_id, kind, actor, detail, created_at)
  values (p_shard, p_tenant_id, p_conversation_id, p_kind, coalesce(nullif(current_setting('app.actor', true), ''), 'system'),
          coalesce(p_detail, '{}'), app.now());
end;
$$;

revoke execute on function app.note_activity from public;
grant execute on function app.note_activity to service_role;

-- 65_activity/note_handoff.sql
-- Notes a HANDOFF when a conversation passes from the agent to a person (one was asked for, or one took over) or back. A
-- pause that is made longer is none. Nothing happens when a pause runs out, so that is noted, with its time, when another
-- pause or none takes its place; until then conversation_timeline reads it from the conversation. So does it with a pause that is
-- ended by a time that is past; who gives the conversation back sets null (resume_conversation).
-- A trigger, so that no path can forget. Locks: none. Called by: public.conversations.
create function app.note_handoff ()
  returns trigger
  language plpgsql
  set search_path = ''
as $$
declare
  v_now    timestamptz := app.now();
  v_before public.conversations := case when tg_op = 'UPDATE' then old end;
begin
  if v_before.agent_paused_until <= v_now and new.agent_paused_until is distinct from v_before.agent_paused_until then
    insert into app.conversation_events (shard, tenant_id, conversation_id, kind, actor, detail, created_at)
    values (new.shard, new.tenant_id, new.id, 'HANDOFF', 'system', '{"to": "agent", "how": "pause_over"}', v_before.agent_paused_until);
  end if;
  if new.person_requested_at is not null and v_before.person_requested_at is null then
    perform app.note_activity(new.shard, new.tenant_id, new.id, 'HANDOFF',
      jsonb_build_object('to', 'person', 'how', 'requested', 'reason', new.person_request_reason));
  end if;
  if new.agent_paused_until > v_now and coalesce(v_before.agent_paused_until <= v_now, true) then
    perform app.note_activity(new.shard, new.tenant_id, new.id, 'HANDOFF',
      jsonb_build_object('to', 'person', 'how', 'took_over', 'until', new.agent_paused_until));
  end if;
  if (v_before.person_requested_at is not null and new.person_requested_at is null)
     or (v_before.agent_paused_until > v_now and new.agent_paused_until is null) then
    perform app.note_activity(new.shard, new.tenant_id, new.id, 'HANDOFF', jsonb_build_object('to', 'agent', 'how', 'given_back'));
  end if;
  return null;
end;
$$;

revoke execute on function app.note_handoff from public;
grant execute on function app.note_handoff to service_role;

create trigger handoff_at_first after insert on public.conversations for each row
  when (new.agent_paused_until is not null or new.person_requested_at is not null) execute function app.note_handoff();
create trigger handoff after update of agent_paused_until, person_requested_at on public.conversations for each row
  when (old.agent_paused_until is distinct from new.agent_paused_until or old.person_requested_at is distinct from new.person_requested_at)
  execute function app.note_handoff();

-- 65_activity/refuse_change.sql
-- Refuses to change the audit log, whoever asks, its owner too (42501). Only what its retention has outlived may be deleted:
-- drop_old_history does so with rows that found no partition of their day. Locks: none. Called by: public.audit_logs.
create function app.refuse_change ()
  returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  if tg_op = 'DELETE' then
    if old.created_at < app.now() - (select r.keep from app.retention r where r.what = 'audit_logs') then
      return old;
    end if;
  end if;
  raise exception sqlstate '42501'
    using message = 'the audit log is only ever added to', hint = 'its age is a row of app.retention: app.set_retention(''audit_logs'', ...)';
end;
$$;

revoke execute on function app.refuse_change from public;
grant execute on function app.refuse_change to service_role;

create trigger refuse_change before update or delete on public.audit_logs for each row execute function app.refuse_change();
create trigger refuse_truncate before truncate on public.audit_logs for each statement execute function app.refuse_change();

-- 66_api/10_api.sql
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

-- 66_api/account_to_send_from.sql
-- The account of a tenant that a request means: the one named by p_account_id or by p_from (its number, however it is
-- written, or the provider's id), else the only one there is. Disabled accounts send nothing.
-- Raises SB404 when there is none, SB400 when it could be several. Locks: none. Called by: send_api_message, send_target.
create function app.account_to_send_from (
  p_shard      smallint,
  p_tenant_id  uuid,
  p_account_id uuid,
  p_from       text
)
  returns uuid
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  v_accounts uuid[];
begin
  select array_agg(a.id order by a.created_at) into v_accounts
    from public.whatsapp_accounts a
   where a.shard = p_shard and a.tenant_id = p_tenant_id and a.status <> 'disabled'
     and (p_account_id is null or a.id = p_account_id)
     and (p_from is null or a.external_id = p_from
          or (p_from ~ '\d' and regexp_replace(a.display_phone, '\D', '', 'g') = regexp_replace(p_from, '\D', '', 'g')));
  if v_accounts is null then
    raise exception sqlstate 'SB404' using message = 'the tenant has no such account, or it is disabled';
  elsif cardinality(v_accounts) > 1 then
    raise exception sqlstate 'SB400' using message = format('the tenant has %s accounts: name one by account_id or from', cardinality(v_accounts));
  end if;
  return v_accounts[1];
end;
$$;

revoke execute on function app.account_to_send_from from public;
grant execute on function app.account_to_send_from to service_role;

-- 66_api/cancel_api_message.sql
-- Cancels an outbound message in the name of whoever calls the HTTP API. p_caller: as act_as has it.
-- Returns the message, as get_outbound_message. Raises SB404 when the tenant has none of that id, and as cancel_outbound_message.
-- Locks: those of cancel_outbound_message. Called by: the HTTP API.
create function app.cancel_api_message (
  p_shard       smallint,
  p_tenant_id   uuid,
  p_caller      jsonb,
  p_outbound_id uuid
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
begin
  perform app.act_as(p_caller);
  perform app.cancel_outbound_message(p_shard, p_tenant_id, p_outbound_id);
  return app.get_outbound_message(p_shard, p_tenant_id, p_outbound_id);
end;
$$;

revoke execute on function app.cancel_api_message from public;
grant execute on function app.cancel_api_message to service_role;

-- 66_api/create_api_key.sql
-- Stores a new key of a tenant. p_hash: SHA-256 of the whole key, in hexadecimal digits; the key itself never comes here.
-- p_scopes: ["messages:read", ...]. Returns its id. Audited. Raises SB404 when there is no such tenant, 23505 for a prefix that is taken, 23514 for an unknown
-- scope. Locks: none. Called by: scripts/create-api-key, the demo seed.
create function app.create_api_key (
  p_shard              smallint,
  p_tenant_id          uuid,
  p_name               text,
  p_prefix             text,
  p_hash               text,
  p_scopes             jsonb,
  p_expires_at         timestamptz default null,
  p_rate_limit_per_min integer     default 600
)
  returns uuid
  language plpgsql
  set search_path = ''
as $$
declare
  v_id uuid;
begin
  if not exists (select from public.tenants where shard = p_shard and id = p_tenant_id) then
    raise exception sqlstate 'SB404' using message = format('there is no tenant %s in shard %s', p_tenant_id, p_shard);
  end if;
  insert into app.api_keys (shard, tenant_id, name, prefix, hash, scopes, rate_limit_per_min, created_at, expires_at)
  values (p_shard, p_tenant_id, p_name, p_prefix, decode(p_hash, 'hex'), array(select jsonb_array_elements_text(p_scopes)), p_rate_limit_per_min, app.now(), p_expires_at)
  returning id into v_id;
  perform app.log_audit(p_shard, p_tenant_id, 'CREATED', 'api_key', v_id::text, jsonb_build_object('scopes', p_scopes));
  return v_id;
end;
$$;

revoke execute on function app.create_api_key from public;
grant execute on function app.create_api_key to service_role;

-- 66_api/get_conversation.sql
-- A conversation of a tenant as the HTTP API shows it: who it is with, on which number, until when free text may be sent, who
-- answers, what the person said about being written to, and what waits for a decision.
-- Returns {id, created_at, last_message_at, last_customer_message_at, account: {id, provider, name, display_phone, status}, contact: {id, name,
-- identities: [{kind, value}]}, window: {open, until}, agent: {paused_until, person_requested_at, person_request_reason}, consent: as
-- consent_of, open_tasks: [{id, kind, reason, seen, created_at}]}. window.until is null where there is no limit, or never was a window;
-- agent.paused_until is null for a pause that is over. One that was merged into another is that other one.
-- Raises SB404 when the tenant has none of that id. Locks: none. Called by: the HTTP API, pause_conversation, resume_conversation.
create function app.get_conversation (
  p_shard           smallint,
  p_tenant_id       uuid,
  p_conversation_id uuid
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
  set timezone = 'UTC'
as $$
declare
  v_now          timestamptz := app.now();
  v_conversation public.conversations;
  v_window       timestamptz;
begin
  select kept.* into v_conversation
    from public.conversations c
    join public.conversations kept on kept.shard = c.shard and kept.id = coalesce(c.merged_into, c.id)
   where c.shard = p_shard and c.id = p_conversation_id and c.tenant_id = p_tenant_id;
  if not found then
    raise exception sqlstate 'SB404' using message = format('there is no conversation %s', p_conversation_id);
  end if;
  v_window := app.send_window(p_shard, v_conversation.id);

  return jsonb_build_object(
    'id', v_conversation.id, 'created_at', v_conversation.created_at, 'last_message_at', v_conversation.last_message_at,
    'last_customer_message_at', v_conversation.last_customer_message_at,
    'account', (
      select jsonb_build_object('id', a.id, 'provider', a.provider, 'name', a.name, 'display_phone', a.display_phone, 'status', a.status)
        from public.whatsapp_accounts a
       where a.shard = p_shard and a.id = v_conversation.account_id),
    'contact', (
      select jsonb_build_object('id', c.id, 'name', c.name, 'identities', (
               select coalesce(jsonb_agg(jsonb_build_object('kind', i.kind, 'value', i.value) order by i.kind, i.value), '[]')
                 from public.contact_identities i
                where i.shard = p_shard and i.contact_id = c.id))
        from public.contacts c
       where c.shard = p_shard and c.id = v_conversation.contact_id),
    'window', jsonb_build_object('open', v_window > v_now, 'until', case when isfinite(v_window) then v_window end),
    'agent', jsonb_build_object('paused_until', case when v_conversation.agent_paused_until > v_now then v_conversation.agent_paused_until end,
      'person_requested_at', v_conversation.person_requested_at, 'person_request_reason', v_conversation.person_request_reason),
    'consent', app.consent_of(p_shard, v_conversation.contact_id),
    'open_tasks', (
      select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'kind', t.kind, 'reason', t.reason, 'seen', t.seen, 'created_at', t.created_at)
               order by t.created_at, t.id), '[]')
        from public.tasks t
       where t.shard = p_shard and t.conversation_id = v_conversation.id and t.resolved_at is null));
end;
$$;

revoke execute on function app.get_conversation from public;
grant execute on function app.get_conversation to service_role;

-- 66_api/get_outbound_message.sql
-- One outbound message of a tenant with every try at sending it, as outbound_resource shows it.
-- Raises SB404 when the tenant has none of that id. Locks: none. Called by: the HTTP API, retry_api_message, cancel_api_message.
create function app.get_outbound_message (
  p_shard       smallint,
  p_tenant_id   uuid,
  p_outbound_id uuid
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  v_outbound app.outbound_message;
begin
  select * into v_outbound from app.outbound_message where shard = p_shard and id = p_outbound_id and tenant_id = p_tenant_id;
  if not found then
    raise exception sqlstate 'SB404' using message = format('there is no outbound message %s', p_outbound_id);
  end if;
  return app.outbound_resource(v_outbound, true);
end;
$$;

revoke execute on function app.get_outbound_message from public;
grant execute on function app.get_outbound_message to service_role;

-- 66_api/list_api_keys.sql
-- The keys of a tenant, newest first, without their hashes. Called by: scripts/create-api-key.
create function app.list_api_keys (
  p_shard     smallint,
  p_tenant_id uuid
)
  returns table (id uuid, name text, prefix text, scopes text[], rate_limit_per_min integer, created_at timestamptz,
                 last_used_at timestamptz, expires_at timestamptz, revoked_at timestamptz)
  language sql
  stable
  set search_path = ''
as $$
  select k.id, k.name, k.prefix, k.scopes, k.rate_limit_per_min, k.created_at, k.last_used_at, k.expires_at, k.revoked_at
    from app.api_keys k
   where k.shard = p_shard and k.tenant_id = p_tenant_id
   order by k.created_at desc, k.id;
$$;

revoke execute on function app.list_api_keys from public;
grant execute on function app.list_api_keys to service_role;

-- 66_api/list_outbound_messages.sql
-- Outbound messages of a tenant, newest first, a page at a time.
-- p_filter: {conversation_id, status, created_from, created_before}, each as far as it is wanted. p_before: {at, id} of the last
-- one of the page before. p_limit: 1 to 100. Returns {items: [outbound_resource], next: {at, id} | null}.
-- A status alone is looked for along the tenant's messages; a range of time keeps that short.
-- Locks: none. Called by: the HTTP API.
create function app.list_outbound_messages (
  p_shard     smallint,
  p_tenant_id uuid,
  p_filter    jsonb   default '{}',
  p_before    jsonb   default null,
  p_limit     integer default 50
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
  set timezone = 'UTC'
as $$
declare
  v_limit        integer := least(greatest(coalesce(p_limit, 50), 1), 100);
  v_conversation uuid := (p_filter ->> 'conversation_id')::uuid;
  v_items        jsonb;
begin
  with page as materialized (
    select o.*
      from app.outbound_message o
     where o.shard = p_shard and o.tenant_id = p_tenant_id
       and (v_conversation is null or o.conversation_id = v_conversation)
       and (p_filter ->> 'status' is null or o.status = p_filter ->> 'status')
       and o.created_at >= coalesce((p_filter ->> 'created_from')::timestamptz, '-infinity')
       and o.created_at < coalesce((p_filter ->> 'created_before')::timestamptz, 'infinity')
       and (p_before is null or (o.created_at, o.id) < ((p_before ->> 'at')::timestamptz, (p_before ->> 'id')::uuid))
     order by o.created_at desc, o.id desc
     limit v_limit + 1
  )
  select coalesce(jsonb_agg(app.outbound_resource(p::app.outbound_message) order by p.created_at desc, p.id desc), '[]')
    into v_items
    from page p;

  if jsonb_array_length(v_items) <= v_limit then
    return jsonb_build_object('items', v_items, 'next', null);
  end if;
  v_items := v_items - v_limit;
  return jsonb_build_object('items', v_items, 'next', jsonb_build_object('at', v_items -> -1 -> 'created_at', 'id', v_items -> -1 -> 'id'));
end;
$$;

revoke execute on function app.list_outbound_messages from public;
grant execute on function app.list_outbound_messages to service_role;

-- 66_api/outbound_resource.sql
-- An outbound message as the HTTP API shows it; with p_attempts every try at sending it too.
-- Locks: none. Called by: get_outbound_message, list_outbound_messages, send_api_message.
create function app.outbound_resource (
  p_outbound app.outbound_message,
  p_attempts boolean default false
)
  returns jsonb
  language sql
  stable
  set search_path = ''
  set timezone = 'UTC'
as $$
  select jsonb_build_object(
    'id', p_outbound.id, 'status', p_outbound.status, 'account_id', p_outbound.account_id, 'conversation_id', p_outbound.conversation_id,
    'message_id', p_outbound.message_id, 'turn_id', p_outbound.turn_id, 'author', m.author, 'content', p_outbound.content,
    'provider_message_id', p_outbound.provider_message_id,
    'idempotency_key', case when p_outbound.idempotency_key like 'api:%' then substr(p_outbound.idempotency_key, 5) end,
    'error', case when p_outbound.error is not null then jsonb_build_object(
      'code', coalesce(p_outbound.error ->> 'code', 'unknown'), 'message', p_outbound.error ->> 'message') end,
    'correlation_id', p_outbound.correlation_id, 'created_at', p_outbound.created_at, 'send_at', p_outbound.send_at, 'sent_at', p_outbound.sent_at,
    'delivered_at', p_outbound.delivered_at, 'read_at', p_outbound.read_at, 'played_at', p_outbound.played_at,
    'failed_at', p_outbound.failed_at, 'cancelled_at', p_outbound.cancelled_at)
    || case when p_attempts then jsonb_build_object('attempts', (
         select coalesce(jsonb_agg(jsonb_build_object('attempt', a.attempt_no, 'state', a.state, 'started_at', a.started_at,
                  'finished_at', a.finished_at, 'code', a.error_code, 'next_retry_at', a.next_retry_at) order by a.attempt_no), '[]')
           from app.outbound_attempt a
          where a.shard = p_outbound.shard and a.outbound_message_id = p_outbound.id)) else '{}' end
    from public.messages m
   where m.shard = p_outbound.shard and m.id = p_outbound.message_id;
$$;

revoke execute on function app.outbound_resource from public;
grant execute on function app.outbound_resource to service_role;

-- 66_api/pause_conversation.sql
-- Keeps the agent silent in a conversation until p_until (null: as long as after a message that a person wrote,
-- takeover_pause_minutes), in the name of whoever calls the HTTP API; a pause that there is becomes this one. An answer that
-- the agent is just working on is not sent (complete_turn); what is queued already is.
-- p_caller: as act_as has it. Returns the conversation, as get_conversation. Idempotent. Audited; the hand-off is noted by note_handoff.
-- Raises SB404 when the tenant has none of that id, SB400 for a time that is past. Locks: the conversation. Called by: the HTTP API.
create function app.pause_conversation (
  p_shard           smallint,
  p_tenant_id       uuid,
  p_caller          jsonb,
  p_conversation_id uuid,
  p_until           timestamptz default null
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_now   timestamptz := app.now();
  v_id    uuid := app.get_conversation(p_shard, p_tenant_id, p_conversation_id) ->> 'id';
  v_until timestamptz := coalesce(p_until, (
    select v_now + make_interval(mins => t.takeover_pause_minutes) from public.tenants t where t.shard = p_shard and t.id = p_tenant_id));
begin
  if v_until <= v_now then
    raise exception sqlstate 'SB400'
      using message = 'a pause ends after now', hint = 'name a later time, or resume the conversation';
  end if;
  perform app.act_as(p_caller);
  update public.conversations
     set agent_paused_until = v_until
   where shard = p_shard and id = v_id and agent_paused_until is distinct from v_until;
  if found then
    perform app.log_audit(p_shard, p_tenant_id, 'UPDATED', 'conversation', v_id::text, jsonb_build_object('agent', 'paused', 'until', v_until));
  end if;
  return app.get_conversation(p_shard, p_tenant_id, v_id);
end;
$$;

revoke execute on function app.pause_conversation from public;
grant execute on function app.pause_conversation to service_role;

-- 66_api/resume_conversation.sql
-- Gives a conversation back to the agent: ends its pause, and a request for a person is answered. In the name of whoever calls the
-- HTTP API. The agent answers what the customer writes from then on.
-- p_caller: as act_as has it. Returns the conversation, as get_conversation. Idempotent. Audited; the hand-off is noted by note_handoff.
-- Raises SB404 when the tenant has none of that id. Locks: the conversation. Called by: the HTTP API.
create function app.resume_conversation (
  p_shard           smallint,
  p_tenant_id       uuid,
  p_caller          jsonb,
  p_conversation_id uuid
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_id uuid := app.get_conversation(p_shard, p_tenant_id, p_conversation_id) ->> 'id';
begin
  perform app.act_as(p_caller);
  update public.conversations
     set agent_paused_until = null, person_requested_at = null, person_request_reason = null
   where shard = p_shard and id = v_id and (agent_paused_until > app.now() or person_requested_at is not null);
  if found then
    perform app.log_audit(p_shard, p_tenant_id, 'UPDATED', 'conversation', v_id::text, '{"agent": "resumed"}');
  end if;
  return app.get_conversation(p_shard, p_tenant_id, v_id);
end;
$$;

revoke execute on function app.resume_conversation from public;
grant execute on function app.resume_conversation to service_role;

-- 66_api/retry_api_message.sql
-- Tries again to send an outbound message in the name of whoever calls the HTTP API. p_caller: as act_as has it.
-- Returns the message, as get_outbound_message. Raises SB404 when the tenant has none of that id, and as retry_outbound_message.
-- Locks: those of retry_outbound_message. Called by: the HTTP API.
create function app.retry_api_message (
  p_shard       smallint,
  p_tenant_id   uuid,
  p_caller      jsonb,
  p_outbound_id uuid
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
begin
  perform app.act_as(p_caller);
  perform app.retry_outbound_message(p_shard, p_tenant_id, p_outbound_id);
  return app.get_outbound_message(p_shard, p_tenant_id, p_outbound_id);
end;
$$;

revoke execute on function app.retry_api_message from public;
grant execute on function app.retry_api_message to service_role;

-- 66_api/revoke_api_key.sql
-- Ends a key, from the next request on. Returns whether it was alive. Idempotent. Audited. Raises SB404 when the tenant has no
-- key of that prefix. Locks: the key. Called by: scripts/create-api-key.
create function app.revoke_api_key (
  p_shard     smallint,
  p_tenant_id uuid,
  p_prefix    text
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
declare
  v_key app.api_keys;
begin
  select * into v_key from app.api_keys where shard = p_shard and tenant_id = p_tenant_id and prefix = p_prefix for update;
  if not found then
    raise exception sqlstate 'SB404' using message = format('the tenant has no API key with the prefix %s', p_prefix);
  end if;
  if v_key.revoked_at is not null then
    return false;
  end if;
  update app.api_keys set revoked_at = app.now() where shard = p_shard and id = v_key.id;
  perform app.log_audit(p_shard, p_tenant_id, 'UPDATED', 'api_key', v_key.id::text, '{"to": "revoked"}');
  return true;
end;
$$;

revoke execute on function app.revoke_api_key from public;
grant execute on function app.revoke_api_key to service_role;

-- 66_api/send_api_message.sql
-- Takes a message of the HTTP API in, in one transaction: finds or opens the conversation and queues the message.
-- p_caller: as act_as has it, and author ('person' | 'system'). p_request: {conversation_id} or {identity: {kind, value}, account_id, from};
-- content, body, idempotency_key (null: a new one), send_at (null: at once), correlation_id.
-- Returns {created, message: as outbound_resource}. Idempotent by (tenant, idempotency_key): the same request gives the same
-- message, created false. Raises SB404 (no such conversation or account), SB400, SB409 (the key was used for another message).
-- Locks: those of open_conversation, then of enqueue_outbound_message. Called by: the HTTP API.
create function app.send_api_message (
  p_shard     smallint,
  p_tenant_id uuid,
  p_caller    jsonb,
  p_request   jsonb
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_key          text := 'api:' || coalesce(p_request ->> 'idempotency_key', gen_random_uuid()::text);
  v_known        uuid;
  v_id           uuid;
  v_conversation uuid := (p_request ->> 'conversation_id')::uuid;
  v_outbound     app.outbound_message;
begin
  perform app.act_as(p_caller);
  select o.id into v_known from app.outbound_message o where o.shard = p_shard and o.tenant_id = p_tenant_id and o.idempotency_key = v_key;

  if v_conversation is null then
    v_conversation := app.open_conversation(p_shard, p_tenant_id,
      app.account_to_send_from(p_shard, p_tenant_id, (p_request ->> 'account_id')::uuid, p_request ->> 'from'), p_request -> 'identity');
  else
    select coalesce(c.merged_into, c.id) into v_conversation
      from public.conversations c
     where c.shard = p_shard and c.id = v_conversation and c.tenant_id = p_tenant_id;
    if not found then
      raise exception sqlstate 'SB404' using message = format('there is no conversation %s', p_request ->> 'conversation_id');
    end if;
  end if;

  v_id := app.enqueue_outbound_message(p_shard, v_conversation, p_caller ->> 'author', p_request ->> 'body', p_request -> 'content',
    v_key, p_request ->> 'correlation_id', p_send_at => (p_request ->> 'send_at')::timestamptz);
  select * into strict v_outbound from app.outbound_message where shard = p_shard and id = v_id;
  return jsonb_build_object('created', v_known is null, 'message', app.outbound_resource(v_outbound));
end;
$$;

revoke execute on function app.send_api_message from public;
grant execute on function app.send_api_message to service_role;

-- 66_api/send_target.sql
-- What a message of the HTTP API has to fit before it is queued: the account that it will be sent from and that account's
-- provider, and which of the files that it names the tenant has. p_request: as for send_api_message. p_media_ids: their ids.
-- Returns {account_id, provider, files: [{id, mime_type, size_bytes}]}; a file that could not be had is none.
-- Raises SB404 (no such conversation or account), SB400 (it could be several accounts). Locks: none. Called by: the HTTP API.
create function app.send_target (
  p_shard     smallint,
  p_tenant_id uuid,
  p_request   jsonb,
  p_media_ids jsonb default '[]'
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_account uuid;
  v_target  jsonb;
begin
  if p_request ->> 'conversation_id' is null then
    v_account := app.account_to_send_from(p_shard, p_tenant_id, (p_request ->> 'account_id')::uuid, p_request ->> 'from');
  else
    select c.account_id into v_account
      from public.conversations c
     where c.shard = p_shard and c.id = (p_request ->> 'conversation_id')::uuid and c.tenant_id = p_tenant_id;
    if not found then
      raise exception sqlstate 'SB404' using message = format('there is no conversation %s', p_request ->> 'conversation_id');
    end if;
  end if;

  select jsonb_build_object('account_id', a.id, 'provider', a.provider, 'files', (
           select coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'mime_type', f.mime_type, 'size_bytes', f.size_bytes) order by f.id), '[]')
             from public.media f
            where f.shard = p_shard and f.id in (select x.id::uuid from jsonb_array_elements_text(p_media_ids) as x (id)) and f.tenant_id = p_tenant_id and f.storage_path is not null))
    into strict v_target
    from public.whatsapp_accounts a
   where a.shard = p_shard and a.id = v_account;
  return v_target;
end;
$$;

revoke execute on function app.send_target from public;
grant execute on function app.send_target to service_role;

-- 66_api/take_api_call.sql
-- Counts one call of a caller against its limit of p_per_minute, by the generic cell rate algorithm: a bucket of one
-- minute's calls that fills evenly. One write; a call that is refused counts nothing.
-- Returns {allowed, limit, remaining, reset_s (until the bucket is full), retry_s (until the next call, 0 when allowed)}.
-- Locks: the caller's row. Called by: use_api_key, use_membership.
create function app.take_api_call (
  p_shard      smallint,
  p_tenant_id  uuid,
  p_caller     text,
  p_per_minute integer
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_now     timestamptz := app.now();
  v_step    interval := interval '1 minute' / p_per_minute;
  v_full_at timestamptz;
  v_allowed boolean;
begin
  insert into app.api_callers as c (shard, tenant_id, caller, full_at)
  values (p_shard, p_tenant_id, p_caller, v_now + v_step)
  on conflict (shard, tenant_id, caller) do update
    set full_at = greatest(c.full_at, v_now) + v_step
    where greatest(c.full_at, v_now) + v_step <= v_now + interval '1 minute'
  returning c.full_at into v_full_at;
  v_allowed := found;
  if not v_allowed then
    select c.full_at into strict v_full_at from app.api_callers c where c.shard = p_shard and c.tenant_id = p_tenant_id and c.caller = p_caller;
  end if;

  return jsonb_build_object('allowed', v_allowed, 'limit', p_per_minute,
    'remaining', greatest(floor(extract(epoch from v_now + interval '1 minute' - v_full_at) / extract(epoch from v_step))::integer, 0),
    'reset_s', greatest(ceil(extract(epoch from v_full_at - v_now))::integer, 0),
    'retry_s', case when v_allowed then 0
                    else greatest(ceil(extract(epoch from v_full_at + v_step - v_now - interval '1 minute'))::integer, 1) end);
end;
$$;

revoke execute on function app.take_api_call from public;
grant execute on function app.take_api_call to service_role;

-- 66_api/use_api_key.sql
-- Who calls with a key, and whether the call is within the key's limit. p_prefix finds the key; p_hash is the SHA-256 of the
-- whole key in hexadecimal digits. The hashes are compared by their own digests, so that the time it takes says nothing.
-- Returns {outcome: 'ok' | 'limited', shard, tenant_id, caller: 'key:<uuid>', scopes, limit: {...} (take_api_call)}, or {outcome:
-- 'unknown' | 'revoked' | 'expired'}, which count nothing. Locks: the caller's row, then the key once a minute.
-- Called by: the HTTP API, once a request.
create function app.use_api_key (
  p_prefix text,
  p_hash   text
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_now   timestamptz := app.now();
  v_key   app.api_keys;
  v_limit jsonb;
begin
  select * into v_key from app.api_keys where prefix = p_prefix;
  if v_key.id is null or sha256(v_key.hash) <> sha256(decode(p_hash, 'hex')) then
    return '{"outcome": "unknown"}';
  elsif v_key.revoked_at is not null then
    return '{"outcome": "revoked"}';
  elsif v_key.expires_at <= v_now then
    return '{"outcome": "expired"}';
  end if;

  v_limit := app.take_api_call(v_key.shard, v_key.tenant_id, 'key:' || v_key.id, v_key.rate_limit_per_min);
  update app.api_keys
     set last_used_at = v_now
   where shard = v_key.shard and id = v_key.id and coalesce(last_used_at < v_now - interval '1 minute', true);

  return jsonb_build_object('outcome', case when (v_limit ->> 'allowed')::boolean then 'ok' else 'limited' end, 'shard', v_key.shard,
    'tenant_id', v_key.tenant_id, 'caller', 'key:' || v_key.id, 'scopes', to_jsonb(v_key.scopes), 'limit', v_limit);
end;
$$;

revoke execute on function app.use_api_key from public;
grant execute on function app.use_api_key to service_role;

-- 66_api/use_membership.sql
-- For which tenant a signed-in user acts, and whether the call is within the user's limit (600 a minute). The memberships
-- are those that every policy asks for (member_tenant_ids). p_tenant: slug or id; null: the only one.
-- A viewer may read; everybody else may do all. Returns as use_api_key with caller 'user:<uuid>', or {outcome: 'no_tenant' |
-- 'which_tenant'}. Locks: the caller's row. Called by: the HTTP API, once a request.
create function app.use_membership (
  p_user_id uuid,
  p_tenant  text default null
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_count  integer;
  v_shard  smallint;
  v_tenant uuid;
  v_role   text;
  v_limit  jsonb;
begin
  perform set_config('request.jwt.claims', jsonb_build_object('sub', p_user_id, 'role', 'authenticated')::text, true);
  select count(*), min(t.shard), (array_agg(t.id))[1], min(m.role)
    into v_count, v_shard, v_tenant, v_role
    from public.tenants t
    join public.tenant_members m on m.tenant_id = t.id and m.user_id = p_user_id
   where t.id in (select app.member_tenant_ids()) and (p_tenant is null or p_tenant in (t.slug, t.id::text));
  if v_count = 0 then
    return '{"outcome": "no_tenant"}';
  elsif v_count > 1 then
    return '{"outcome": "which_tenant"}';
  end if;

  v_limit := app.take_api_call(v_shard, v_tenant, 'user:' || p_user_id, 600);
  return jsonb_build_object('outcome', case when (v_limit ->> 'allowed')::boolean then 'ok' else 'limited' end, 'shard', v_shard,
    'tenant_id', v_tenant, 'caller', 'user:' || p_user_id, 'limit', v_limit, 'scopes',
    case v_role when 'viewer' then '["messages:read", "conversations:read", "templates:read"]'::jsonb
                else '["messages:read", "messages:write", "conversations:read", "conversations:write", "templates:read", "media:write"]' end);
end;
$$;

revoke execute on function app.use_membership from public;
grant execute on function app.use_membership to service_role;

-- 67_sessions/10_sessions.sql
-- Linked devices: one session for each account of the provider `baileys`. What people see stands in `public`; who owns a
-- session, its keys and what came in through it are the engine's.

create table public.sessions (
  shard          smallint    not null default 0,
  account_id     uuid        not null,
  tenant_id      uuid        not null,
  -- What people want of it. `logged_out`: it is to log out of WhatsApp, and to stop then.
  desired        text        not null default 'running' check (desired in ('running', 'stopped', 'logged_out')),
  state          text        not null default 'NEW'
                   check (state in ('NEW', 'QR', 'PAIRING', 'OPEN', 'DEGRADED', 'BACKOFF', 'NEEDS_HUMAN', 'LOGGED_OUT')),
  -- Why it is not open: a code, and what it means and what to do about it in plain words. No personal data.
  reason         text        check (length(reason) between 1 and 100),
  words          text        check (length(words) between 1 and 1000),
  -- The address of the linked device, once there was one.
  paired_jid     text,
  -- Connections in a row that failed or broke within minutes.
  attempts       integer     not null default 0 check (attempts >= 0),
  -- When it is tried again.
  retry_at       timestamptz,
  -- Times it was opened, and times it was not open any more.
  connects       integer     not null default 0,
  disconnects    integer     not null default 0,
  opened_at      timestamptz,
  -- Tries to link it within the present hour (link_budget).
  link_rounds    integer     not null default 0,
  link_window_at timestamptz,
  state_at       timestamptz not null,
  created_at     timestamptz not null,
  primary key (shard, account_id),
  foreign key (shard, account_id) references public.whatsapp_accounts (shard, id) on delete cascade,
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade,
  check ((reason is null) = (words is null)),
  check ((state in ('DEGRADED', 'BACKOFF', 'NEEDS_HUMAN', 'LOGGED_OUT')) = (reason is not null)),
  check (state <> 'BACKOFF' or retry_at is not null),
  check (retry_at is null or state in ('BACKOFF', 'NEEDS_HUMAN')),
  check (state not in ('OPEN', 'DEGRADED') or paired_jid is not null)
);
comment on table public.sessions is 'Linked devices (provider baileys) with their state, for the members of the tenant.';
create index sessions_tenant on public.sessions (shard, tenant_id);

-- How a session is to be linked, and the code that links it now: who has it can link a phone, so owners and admins only.
create table public.session_links (
  shard      smallint    not null default 0,
  account_id uuid        not null,
  tenant_id  uuid        not null,
  method     text        not null default 'qr' check (method in ('qr', 'code')),
  -- The number that a pairing code is for, digits only.
  phone      text        check (phone ~ '^[1-9][0-9]{6,14}$'),
  -- What to show: the text of a QR code, or eight characters to type. Gone as soon as it is of no use.
  code       text        check (length(code) between 1 and 2000),
  expires_at timestamptz,
  primary key (shard, account_id),
  foreign key (shard, account_id) references public.sessions (shard, account_id) on delete cascade,
  check (method = 'qr' or phone is not null),
  check ((code is null) = (expires_at is null))
);
comment on table public.session_links is 'How to link a session: the present QR or pairing code, for owners and admins.';

-- Who owns a session. One row for each, for ever; free from `expires_at` on, and never free when that is infinity and
-- nobody owns it.
create table app.session_leases (
  shard        smallint    not null default 0,
  account_id   uuid        not null,
  -- Greater with every owner: every write presents it.
  token        bigint      not null default 0,
  owner        text,
  acquired_at  timestamptz,
  expires_at   timestamptz not null,
  -- It is to go to another worker: since when, to which (null: any), and who gave it away.
  move_at      timestamptz,
  move_to      text,
  left_by      text,
  primary key (shard, account_id),
  foreign key (shard, account_id) references public.sessions (shard, account_id) on delete cascade,
  check ((owner is null) = (acquired_at is null))
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 200);
comment on table app.session_leases is 'Which worker owns which session, until when, under which fencing token.';
create index session_leases_expires on app.session_leases (shard, expires_at);

-- Keys are sealed with AES-256-GCM under a key of the session's own, made of the master key `key_id` (commons/session-vault.ts).
-- Never restore these two tables from a backup: an old ratchet makes messages unreadable. Link anew instead.
create table app.session_creds (
  shard      smallint    not null default 0,
  account_id uuid        not null,
  version    bigint      not null default 1,
  key_id     text        not null,
  body       bytea       not null,
  updated_at timestamptz not null,
  primary key (shard, account_id),
  foreign key (shard, account_id) references public.sessions (shard, account_id) on delete cascade
) with (fillfactor = 50);
comment on table app.session_creds is 'The identity of a linked device, sealed.';

create table app.session_keys (
  shard      smallint    not null default 0,
  account_id uuid        not null,
  kind       text        collate "C" not null,
  id         text        collate "C" not null,
  key_id     text        not null,
  body       bytea       not null,
  primary key (shard, account_id, kind, id),
  foreign key (shard, account_id) references public.sessions (shard, account_id) on delete cascade
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
comment on table app.session_keys is 'The ratchets and other keys of a linked device, sealed.';

-- What was decrypted and not handed on yet: written in the transaction of the ratchet's step, before WhatsApp hears that it
-- arrived. A row goes when its message was ingested.
create sequence app.session_inbox_seq as bigint;
create table app.session_inbox (
  shard      smallint    not null default 0,
  account_id uuid        not null,
  chat       text        collate "C" not null,
  author     text        collate "C" not null,
  message_id text        collate "C" not null,
  -- Which ciphertext of the stanza: the first message to a group comes as two.
  part       text        collate "C" not null,
  seq        bigint      not null default nextval('app.session_inbox_seq'),
  key_id     text        not null,
  body       bytea       not null,
  created_at timestamptz not null,
  primary key (shard, account_id, chat, author, message_id, part),
  foreign key (shard, account_id) references public.sessions (shard, account_id) on delete cascade
) with (autovacuum_vacuum_scale_factor = 0.02);
comment on table app.session_inbox is 'The journal: incoming messages in clear, sealed, until they are ingested.';
create unique index session_inbox_seq_key on app.session_inbox (shard, account_id, seq);

grant usage on sequence app.session_inbox_seq to service_role;
alter table public.sessions enable row level security;
alter table public.session_links enable row level security;
alter table app.session_leases enable row level security;
alter table app.session_creds enable row level security;
alter table app.session_keys enable row level security;
alter table app.session_inbox enable row level security;
create policy "members see their sessions" on public.sessions
  for select to authenticated using (tenant_id in (select app.member_tenant_ids()));
create policy "owners and admins see how to link" on public.session_links
  for select to authenticated using (
    tenant_id in (select app.member_tenant_ids())
    and tenant_id in (select m.tenant_id from public.tenant_members m where m.user_id = (select app.user_id()) and m.role in ('owner', 'admin')));
grant select on public.sessions, public.session_links to authenticated;
grant select, insert, update, delete on public.sessions, public.session_links to service_role;
grant select, insert, update, delete on app.session_leases, app.session_creds, app.session_keys, app.session_inbox to service_role;

-- Members hear of their sessions on the private channel `sessions:<tenant>`, where there is Realtime. Codes are not told
-- there, because what is told is kept for days: the page fetches them from session_links.
do $$
begin
  if to_regclass('realtime.messages') is not null and to_regprocedure('realtime.topic()') is not null then
    execute $policy$
      create policy "members hear of their sessions" on realtime.messages for select to authenticated
        using (extension = 'broadcast' and (select realtime.topic()) in (select 'sessions:' || t from app.member_tenant_ids() as t))
    $policy$;
  end if;
exception when insufficient_privilege then
  raise warning 'nobody will hear of sessions through Realtime: %', sqlerrm;
end;
$$;

-- 67_sessions/acquire_sessions.sql
-- **The claim** of sessions: at most p_room that are free, under a new token each. A worker takes its fair part of all that
-- run, by the number of workers that take sessions; what is left over for three seconds, or whose owner has died, anybody takes
-- who has room.
-- What was open is degraded until it is open again; a code that was shown is void.
-- Returns what a worker needs to connect. Locks: leases, skip locked; then their sessions and links. Called by: the runner.
create function app.acquire_sessions (
  p_shard  smallint,
  p_worker text,
  p_room   integer,
  p_ttl    interval
)
  returns table (account_id uuid, tenant_id uuid, token bigint, desired text, state text, method text, phone text, paired_jid text, attempts integer, retry_at timestamptz)
  language plpgsql
  set search_path = ''
as $$
#variable_conflict use_column
declare
  v_now   timestamptz := app.now();
  v_share integer;
  v_taken uuid[];
begin
  if p_room <= 0 or not exists (select from app.session_leases l where l.shard = p_shard and l.expires_at <= v_now)
     or exists (select from app.workers w where w.id = p_worker and w.draining) then
    return;
  end if;

  select ceil((select count(*) from app.session_leases l where l.shard = p_shard and l.expires_at < 'infinity')::numeric / greatest(1, count(*)))
         - (select count(*) from app.session_leases l where l.shard = p_shard and l.owner = p_worker and l.expires_at > v_now)
    into v_share
    from app.workers w
   where w.kind = 'runner' and not w.draining and w.heartbeat_at > v_now - interval '15 seconds' and (w.detail #>> '{sessions,cap}')::integer > 0;

  with free as (
    select l.account_id, l.expires_at, l.owner
      from app.session_leases l
     where l.shard = p_shard and l.expires_at <= v_now
       and (l.move_at is null or l.expires_at <= v_now - interval '5 seconds'
            or (coalesce(l.move_to, p_worker) = p_worker and l.left_by is distinct from p_worker))
     order by l.expires_at, l.account_id
     limit p_room
       for no key update skip locked
  ), ranked as (
    select account_id, expires_at, owner, row_number() over (order by expires_at, account_id) as place from free
  ), taken as (
    update app.session_leases l
       set token = nextval('app.fencing_token'), owner = p_worker, acquired_at = v_now, expires_at = v_now + p_ttl,
           move_at = null, move_to = null, left_by = null
      from ranked r
     where l.shard = p_shard and l.account_id = r.account_id
       and (r.place <= v_share or r.owner is not null or r.expires_at <= v_now - interval '3 seconds' or l.move_to = p_worker)
    returning l.account_id
  )
  select array_agg(taken.account_id) into v_taken from taken;

  update public.sessions s
     set state       = case when s.paired_jid is null then 'NEW' else 'DEGRADED' end,
         reason      = case when s.paired_jid is not null then 'taken_over' end,
         words       = case when s.paired_jid is not null then 'The worker that had it is gone; another one connects.' end,
         disconnects = s.disconnects + (s.state = 'OPEN')::integer,
         state_at    = v_now
   where s.shard = p_shard and s.account_id = any (v_taken) and s.state in ('OPEN', 'QR', 'PAIRING');
  update public.session_links k set code = null, expires_at = null
   where k.shard = p_shard and k.account_id = any (v_taken) and k.code is not null;
  perform app.tell_session(p_shard, taken.account_id) from unnest(v_taken) as taken (account_id);

  return query
    select s.account_id, s.tenant_id, l.token, s.desired, s.state, k.method, k.phone, s.paired_jid, s.attempts, s.retry_at
      from app.session_leases l
      join public.sessions s on s.shard = p_shard and s.account_id = l.account_id
      join public.session_links k on k.shard = p_shard and k.account_id = l.account_id
     where l.shard = p_shard and l.account_id = any (v_taken);
end;
$$;

revoke execute on function app.acquire_sessions from public;
grant execute on function app.acquire_sessions to service_role;

-- 67_sessions/assert_session.sql
-- Makes sure that a token is the present lease of a session, and keeps it so until the transaction ends: a takeover waits.
-- p_ends: the caller will end the lease. Whether it has run out does not matter as long as nobody has taken it.
-- Raises SB001 otherwise. Locks: lease, shared unless p_ends. Called by: every write under the lease of a session.
create function app.assert_session (
  p_shard      smallint,
  p_account_id uuid,
  p_token      bigint,
  p_ends       boolean default false
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  if p_ends then
    perform from app.session_leases
      where shard = p_shard and account_id = p_account_id and token = p_token and owner is not null for no key update;
  else
    perform from app.session_leases
      where shard = p_shard and account_id = p_account_id and token = p_token and owner is not null for share;
  end if;
  if not found then
    raise exception sqlstate 'SB001' using message = format('token %s is not the present lease of session %s', p_token, p_account_id);
  end if;
end;
$$;

revoke execute on function app.assert_session from public;
grant execute on function app.assert_session to service_role;

-- 67_sessions/create_session.sql
-- Makes the session of an account of the provider `baileys`: the row first; a worker finds it and connects. p_method: `qr`, or
-- `code` for the phone p_phone (digits), which then types eight characters instead.
-- Idempotent: a session that is there stays as it is (restart_session links it anew). Returns whether it was made.
-- Raises SB404 without the account, SB400 for another provider, 23514 for a method or number that is none.
-- Locks: the new rows. Called by: people.
create function app.create_session (
  p_shard      smallint,
  p_account_id uuid,
  p_method     text default 'qr',
  p_phone      text default null
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
declare
  v_now     timestamptz := app.now();
  v_account public.whatsapp_accounts;
begin
  select * into v_account from public.whatsapp_accounts where shard = p_shard and id = p_account_id;
  if not found then
    raise exception sqlstate 'SB404' using message = format('there is no account %s in shard %s', p_account_id, p_shard);
  end if;
  if v_account.provider <> 'baileys' then
    raise exception sqlstate 'SB400' using message = format('account %s is one of %s; only accounts of baileys are linked', p_account_id, v_account.provider);
  end if;

  insert into public.sessions (shard, account_id, tenant_id, state_at, created_at)
  values (p_shard, p_account_id, v_account.tenant_id, v_now, v_now)
  on conflict do nothing;
  if not found then
    return false;
  end if;
  insert into public.session_links (shard, account_id, tenant_id, method, phone)
  values (p_shard, p_account_id, v_account.tenant_id, p_method, p_phone);
  insert into app.session_leases (shard, account_id, expires_at) values (p_shard, p_account_id, v_now);
  perform app.link_budget(p_shard, p_account_id);
  perform app.tell_session(p_shard, p_account_id, p_wakes => true);
  return true;
end;
$$;

revoke execute on function app.create_session from public;
grant execute on function app.create_session to service_role;

-- 67_sessions/device_locks.sql
-- Which worker owns which linked device, until when, under which token; `live` while the lease runs. For people and
-- monitoring. Called by: people.
create view app.device_locks
  with (security_invoker = true)
as
  select l.shard, l.account_id, s.tenant_id, s.state, l.owner, l.token, l.acquired_at, l.expires_at,
         l.expires_at > app.now() as live
    from app.session_leases l
    join public.sessions s on s.shard = l.shard and s.account_id = l.account_id
   where l.owner is not null;

grant select on app.device_locks to service_role;

-- 67_sessions/drain_worker.sql
-- Wants a worker to give all of its sessions to others and to take no more; p_draining false: it may take some again.
-- Idempotent. Returns whether there is such a worker. Called by: people, before a machine is taken away.
create function app.drain_worker (
  p_worker   text,
  p_draining boolean default true
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
begin
  update app.workers set draining = p_draining where id = p_worker;
  if not found then
    return false;
  end if;
  perform app.wake_session_workers();
  return true;
end;
$$;

revoke execute on function app.drain_worker from public;
grant execute on function app.drain_worker to service_role;

-- 67_sessions/link_budget.sql
-- Counts one more try to link a session: five within an hour, because WhatsApp looks askance at a number that is linked again
-- and again. Raises SB409 with the time from which on it may be tried again. Locks: the session's row.
-- Called by: create_session, restart_session.
create function app.link_budget (
  p_shard      smallint,
  p_account_id uuid
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_now   timestamptz := app.now();
  v_since timestamptz;
begin
  update public.sessions
     set link_rounds    = case when link_window_at > v_now - interval '1 hour' then link_rounds else 0 end + 1,
         link_window_at = case when link_window_at > v_now - interval '1 hour' then link_window_at else v_now end
   where shard = p_shard and account_id = p_account_id
     and not (link_rounds >= 5 and link_window_at > v_now - interval '1 hour');
  if not found then
    select link_window_at into v_since from public.sessions where shard = p_shard and account_id = p_account_id;
    raise exception sqlstate 'SB409' using message = format('account %s was tried to be linked five times within an hour; try again after %s',
      p_account_id, to_char(v_since + interval '1 hour', 'HH24:MI "UTC"'));
  end if;
end;
$$;

revoke execute on function app.link_budget from public;
grant execute on function app.link_budget to service_role;

-- 67_sessions/logout_session.sql
-- Wants a session to log out of WhatsApp: a worker tells WhatsApp, then the keys are forgotten. One that was never linked, or is
-- not any more, is logged out at once.
-- Idempotent. Raises SB404 without a session. Locks: lease, session. Called by: people.
create function app.logout_session (
  p_shard      smallint,
  p_account_id uuid
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_now     timestamptz := app.now();
  v_session public.sessions;
  v_owner   text;
begin
  select owner into v_owner from app.session_leases where shard = p_shard and account_id = p_account_id for no key update;
  select * into v_session from public.sessions where shard = p_shard and account_id = p_account_id for no key update;
  if not found then
    raise exception sqlstate 'SB404' using message = format('account %s has no session', p_account_id);
  end if;
  if v_owner is null and (v_session.paired_jid is null or v_session.state = 'LOGGED_OUT') then
    update public.sessions
       set desired = 'stopped', state = 'LOGGED_OUT', reason = 'logged_out', words = 'It was logged out here.', retry_at = null, state_at = v_now
     where shard = p_shard and account_id = p_account_id and state <> 'LOGGED_OUT';
    delete from app.session_creds where shard = p_shard and account_id = p_account_id;
    delete from app.session_keys where shard = p_shard and account_id = p_account_id;
    update app.session_leases set expires_at = 'infinity' where shard = p_shard and account_id = p_account_id;
  else
    update public.sessions set desired = 'logged_out' where shard = p_shard and account_id = p_account_id;
    update app.session_leases set expires_at = v_now, left_by = null
     where shard = p_shard and account_id = p_account_id and owner is null;
  end if;
  perform app.tell_session(p_shard, p_account_id, p_wakes => true);
end;
$$;

revoke execute on function app.logout_session from public;
grant execute on function app.logout_session to service_role;

-- 67_sessions/mark_session_inbox.sql
-- Messages of the journal were ingested: they go (p_seqs: a list of their numbers). Should WhatsApp deliver one again, the engine
-- knows its id. Idempotent. Returns how many went. Raises SB001 under a stale lease. Locks: lease (shared), then the rows.
-- Called by: the runner.
create function app.mark_session_inbox (
  p_shard      smallint,
  p_account_id uuid,
  p_token      bigint,
  p_seqs       jsonb
)
  returns integer
  language plpgsql
  set search_path = ''
as $$
declare
  v_count integer;
begin
  perform app.assert_session(p_shard, p_account_id, p_token);
  delete from app.session_inbox
   where shard = p_shard and account_id = p_account_id
     and seq = any (array(select value::bigint from jsonb_array_elements_text(p_seqs)));
  get diagnostics v_count = row_count;
  return v_count;
end;
$$;

revoke execute on function app.mark_session_inbox from public;
grant execute on function app.mark_session_inbox to service_role;

-- 67_sessions/move_session.sql
-- Wants a session to go to another worker: p_to, or any that has room. Its owner closes the connection and gives it back, the
-- next one connects with the same keys; nobody logs out. For five seconds it is kept for that worker, or from its former one.
-- Idempotent. Returns whether a worker owns it. Locks: lease. Called by: people.
create function app.move_session (
  p_shard      smallint,
  p_account_id uuid,
  p_to         text default null
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
begin
  update app.session_leases set move_at = app.now(), move_to = p_to
   where shard = p_shard and account_id = p_account_id and owner is not null and owner is distinct from p_to;
  if not found then
    return false;
  end if;
  perform app.wake_session_workers();
  return true;
end;
$$;

revoke execute on function app.move_session from public;
grant execute on function app.move_session to service_role;

-- 67_sessions/next_session_at.sql
-- When a session that p_worker does not own becomes free, or is free since; null: none will. Called by: the runner, which sleeps
-- until then.
create function app.next_session_at (
  p_shard  smallint,
  p_worker text
)
  returns timestamptz
  language sql
  stable
  set search_path = ''
as $$
  select l.expires_at
    from app.session_leases l
   where l.shard = p_shard and l.expires_at < 'infinity' and l.owner is distinct from p_worker
   order by l.expires_at
   limit 1;
$$;

revoke execute on function app.next_session_at from public;
grant execute on function app.next_session_at to service_role;

-- 67_sessions/offer_link_code.sql
-- Shows people a code that links the session: a QR code (the session is QR) or a pairing code (PAIRING), until p_for has passed.
-- Raises SB001 under a stale lease, SB409 when the session is in no state to be linked. Locks: lease (shared), link, session.
-- Called by: the runner.
create function app.offer_link_code (
  p_shard      smallint,
  p_account_id uuid,
  p_token      bigint,
  p_code       text,
  p_for        interval
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_method text;
begin
  perform app.assert_session(p_shard, p_account_id, p_token);
  update public.session_links set code = p_code, expires_at = app.now() + p_for
   where shard = p_shard and account_id = p_account_id
  returning method into strict v_method;
  perform app.set_session_state(p_shard, p_account_id, p_token, case v_method when 'qr' then 'QR' else 'PAIRING' end);
end;
$$;

revoke execute on function app.offer_link_code from public;
grant execute on function app.offer_link_code to service_role;

-- 67_sessions/put_session.sql
-- **Every write of a session's keys**, in one statement: p_creds, p_keys and p_inbox are committed together or not at all.
-- p_creds: sealed, base64, or null. p_keys: [{kind, id, body}], base64; without a body the key is deleted. p_inbox: [{chat, author,
-- message_id, part, body}]: what was decrypted, once each. All sealed under p_key_id.
-- Idempotent. Raises SB001 when the lease is another one's: nothing was written. Locks: lease (shared), then the rows.
-- Called by: the runner.
create function app.put_session (
  p_shard      smallint,
  p_account_id uuid,
  p_token      bigint,
  p_key_id     text,
  p_creds      text  default null,
  p_keys       jsonb default null,
  p_inbox      jsonb default null
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_now timestamptz := app.now();
begin
  perform app.assert_session(p_shard, p_account_id, p_token);
  if p_creds is not null then
    insert into app.session_creds as c (shard, account_id, key_id, body, updated_at)
    values (p_shard, p_account_id, p_key_id, decode(p_creds, 'base64'), v_now)
    on conflict (shard, account_id) do update
      set version = c.version + 1, key_id = excluded.key_id, body = excluded.body, updated_at = excluded.updated_at;
  end if;
  if p_keys is not null then
    delete from app.session_keys k
     using jsonb_to_recordset(p_keys) as x (kind text, id text, body text)
     where x.body is null and k.shard = p_shard and k.account_id = p_account_id and k.kind = x.kind and k.id = x.id;
    insert into app.session_keys as k (shard, account_id, kind, id, key_id, body)
    select p_shard, p_account_id, x.kind, x.id, p_key_id, decode(x.body, 'base64')
      from jsonb_to_recordset(p_keys) as x (kind text, id text, body text)
     where x.body is not null
    on conflict (shard, account_id, kind, id) do update set key_id = excluded.key_id, body = excluded.body;
  end if;
  if p_inbox is not null then
    insert into app.session_inbox (shard, account_id, chat, author, message_id, part, key_id, body, created_at)
    select p_shard, p_account_id, x.chat, x.author, x.message_id, x.part, p_key_id, decode(x.body, 'base64'), v_now
      from rows from (jsonb_to_recordset(p_inbox) as (chat text, author text, message_id text, part text, body text)) with ordinality as x (chat, author, message_id, part, body, place)
     order by x.place
    on conflict do nothing;
  end if;
end;
$$;

revoke execute on function app.put_session from public;
grant execute on function app.put_session to service_role;

-- 67_sessions/read_session_creds.sql
-- The identity of a linked device, sealed, base64; no row before it was stored. Called by: the runner.
create function app.read_session_creds (
  p_shard      smallint,
  p_account_id uuid
)
  returns table (key_id text, body text)
  language sql
  stable
  set search_path = ''
as $$
  select c.key_id, encode(c.body, 'base64') from app.session_creds c where c.shard = p_shard and c.account_id = p_account_id;
$$;

revoke execute on function app.read_session_creds from public;
grant execute on function app.read_session_creds to service_role;

-- 67_sessions/read_session_inbox.sql
-- The oldest messages that were decrypted and not ingested yet, in their order, sealed, base64; those after p_after. Called by: the runner.
create function app.read_session_inbox (
  p_shard      smallint,
  p_account_id uuid,
  p_after      bigint  default 0,
  p_limit      integer default 100
)
  returns table (seq bigint, chat text, author text, message_id text, part text, key_id text, body text)
  language sql
  stable
  set search_path = ''
as $$
  select i.seq, i.chat, i.author, i.message_id, i.part, i.key_id, encode(i.body, 'base64')
    from app.session_inbox i
   where i.shard = p_shard and i.account_id = p_account_id and i.seq > p_after
   order by i.seq
   limit p_limit;
$$;

revoke execute on function app.read_session_inbox from public;
grant execute on function app.read_session_inbox to service_role;

-- 67_sessions/read_session_keys.sql
-- Keys of a session by kind and ids (a list), sealed, base64; those that are there. Called by: the runner.
create function app.read_session_keys (
  p_shard      smallint,
  p_account_id uuid,
  p_kind       text,
  p_ids        jsonb
)
  returns table (id text, key_id text, body text)
  language sql
  stable
  set search_path = ''
as $$
  select k.id, k.key_id, encode(k.body, 'base64')
    from app.session_keys k
   where k.shard = p_shard and k.account_id = p_account_id and k.kind = p_kind
     and k.id = any (array(select jsonb_array_elements_text(p_ids)));
$$;

revoke execute on function app.read_session_keys from public;
grant execute on function app.read_session_keys to service_role;

-- 67_sessions/release_session.sql
-- Gives a session back, after its connection is closed: at once free for the next worker, or for nobody when it is to be stopped.
-- Idempotent: with a token that is not the present one nothing happens. Returns whether it was given back.
-- Locks: lease, session. Called by: the runner.
create function app.release_session (
  p_shard      smallint,
  p_account_id uuid,
  p_token      bigint
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
declare
  v_now     timestamptz := app.now();
  v_desired text;
begin
  perform from app.session_leases
    where shard = p_shard and account_id = p_account_id and token = p_token and owner is not null for no key update;
  if not found then
    return false;
  end if;
  update public.sessions
     set disconnects = disconnects + (state = 'OPEN')::integer,
         state  = case when state not in ('OPEN', 'DEGRADED', 'QR', 'PAIRING') then state when paired_jid is null then 'NEW' else 'DEGRADED' end,
         reason = case when state not in ('OPEN', 'DEGRADED', 'QR', 'PAIRING') then reason when paired_jid is null then null
                       when desired = 'stopped' then 'stopped' else 'handed_over' end,
         words  = case when state not in ('OPEN', 'DEGRADED', 'QR', 'PAIRING') then words when paired_jid is null then null
                       when desired = 'stopped' then 'It was stopped here; restart it to connect.' else 'Its worker gave it back in order; another one connects.' end,
         state_at = v_now
   where shard = p_shard and account_id = p_account_id
  returning desired into v_desired;
  update app.session_leases
     set left_by = owner, owner = null, acquired_at = null, expires_at = case v_desired when 'stopped' then 'infinity' else v_now end
   where shard = p_shard and account_id = p_account_id;
  update public.session_links set code = null, expires_at = null
   where shard = p_shard and account_id = p_account_id and code is not null;
  perform app.tell_session(p_shard, p_account_id, p_wakes => true);
  return true;
end;
$$;

revoke execute on function app.release_session from public;
grant execute on function app.release_session to service_role;

-- 67_sessions/renew_sessions.sql
-- A sign of life for many sessions of a worker: p_leases [{account_id, token}]. Returns of each what is wanted of it: `run`, `stop`,
-- `logout`, `move`, or `gone` when it is not this worker's any more (a lease that ran out and that nobody took is renewed).
-- Locks: the leases that are renewed, in ascending order. Called by: the runner.
create function app.renew_sessions (
  p_shard  smallint,
  p_worker text,
  p_leases jsonb,
  p_ttl    interval
)
  returns table (account_id uuid, wish text)
  language plpgsql
  set search_path = ''
as $$
#variable_conflict use_column
declare
  v_now   timestamptz := app.now();
  v_drain boolean := exists (select from app.workers w where w.id = p_worker and w.draining);
begin
  return query
    with given as (
      select x.account_id, x.token from jsonb_to_recordset(p_leases) as x (account_id uuid, token bigint)
    ), locked as (
      select l.account_id from app.session_leases l join given g on g.account_id = l.account_id and g.token = l.token
       where l.shard = p_shard and l.owner = p_worker
       order by l.account_id
         for no key update of l
    ), renewed as (
      update app.session_leases l set expires_at = v_now + p_ttl from locked
       where l.shard = p_shard and l.account_id = locked.account_id
      returning l.account_id, l.move_at
    )
    select g.account_id,
           case when r.account_id is null then 'gone'
                when s.desired = 'stopped' then 'stop'
                when s.desired = 'logged_out' then 'logout'
                when v_drain or r.move_at is not null then 'move'
                else 'run' end
      from given g
      left join renewed r on r.account_id = g.account_id
      left join public.sessions s on s.shard = p_shard and s.account_id = g.account_id;
end;
$$;

revoke execute on function app.renew_sessions from public;
grant execute on function app.renew_sessions to service_role;

-- 67_sessions/reseal_session_rows.sql
-- Stores rows of a session that were sealed anew: p_rows [{part, kind, id, was, body}], base64, under p_key_id. A row that is not as it was
-- (its worker wrote it meanwhile) is left alone, so this needs no lease: what a row says does not change.
-- Idempotent. Returns how many were stored. Locks: the rows. Called by: scripts/rotate-master-key.
create function app.reseal_session_rows (
  p_shard      smallint,
  p_account_id uuid,
  p_key_id     text,
  p_rows       jsonb
)
  returns integer
  language plpgsql
  set search_path = ''
as $$
declare
  v_count integer;
begin
  with given as materialized (
    select x.part, x.kind, x.id, decode(x.was, 'base64') as was, decode(x.body, 'base64') as body
      from jsonb_to_recordset(p_rows) as x (part text, kind text, id text, was text, body text)
  ), creds as (
    update app.session_creds c set key_id = p_key_id, body = g.body from given g
     where g.part = 'creds' and c.shard = p_shard and c.account_id = p_account_id and c.body = g.was
    returning 1
  ), keys as (
    update app.session_keys k set key_id = p_key_id, body = g.body from given g
     where g.part = 'keys' and k.shard = p_shard and k.account_id = p_account_id and k.kind = g.kind and k.id = g.id and k.body = g.was
    returning 1
  ), inbox as (
    update app.session_inbox i set key_id = p_key_id, body = g.body from given g
     where g.part = 'inbox' and i.shard = p_shard and i.account_id = p_account_id and i.chat || '|' || i.author || '|' || i.message_id || '|' || i.part = g.id and i.body = g.was
    returning 1
  )
  select (select count(*) from creds) + (select count(*) from keys) + (select count(*) from inbox) into v_count;
  return v_count;
end;
$$;

revoke execute on function app.reseal_session_rows from public;
grant execute on function app.reseal_session_rows to service_role;

-- 67_sessions/restart_session.sql
-- Wants a session to run again, whatever it stopped for: a linked one connects, one that is not is linked anew, by p_method and
-- p_phone when they are given (create_session). What runs is left alone. A session that was logged out is always linked anew.
-- Idempotent but for the budget of links. Raises SB404 without a session, SB409 when the budget is spent (link_budget).
-- Locks: lease, session, link. Called by: people.
create function app.restart_session (
  p_shard      smallint,
  p_account_id uuid,
  p_method     text default null,
  p_phone      text default null
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_now     timestamptz := app.now();
  v_session public.sessions;
  v_linked  boolean;
  v_owner   text;
begin
  select owner into v_owner from app.session_leases where shard = p_shard and account_id = p_account_id for no key update;
  select * into v_session from public.sessions where shard = p_shard and account_id = p_account_id for no key update;
  if not found then
    raise exception sqlstate 'SB404' using message = format('account %s has no session; create one', p_account_id);
  end if;
  if v_session.state not in ('NEEDS_HUMAN', 'LOGGED_OUT') and (v_session.desired = 'running' or v_owner is not null) then
    update public.sessions set desired = 'running' where shard = p_shard and account_id = p_account_id;
    return;
  end if;

  v_linked := v_session.paired_jid is not null and v_session.state <> 'LOGGED_OUT';
  if not v_linked then
    perform app.link_budget(p_shard, p_account_id);
    update public.session_links
       set method = coalesce(p_method, method), phone = coalesce(p_phone, phone), code = null, expires_at = null
     where shard = p_shard and account_id = p_account_id;
  end if;
  update public.sessions
     set desired = 'running', attempts = 0, retry_at = null, state_at = v_now,
         state = case when v_linked then 'DEGRADED' else 'NEW' end,
         reason = case when v_linked then 'restarting' end,
         words = case when v_linked then 'The connection is being made again.' end,
         paired_jid = case when v_linked then paired_jid end
   where shard = p_shard and account_id = p_account_id;
  update app.session_leases set expires_at = v_now, left_by = null
   where shard = p_shard and account_id = p_account_id;
  perform app.tell_session(p_shard, p_account_id, p_wakes => true);
end;
$$;

revoke execute on function app.restart_session from public;
grant execute on function app.restart_session to service_role;

-- 67_sessions/sealed_session_rows.sql
-- Rows of sessions that are sealed under another master key than p_key_id, p_limit at a time, in the order of (part, account, kind, id);
-- those after p_after, which is the `place` of the last one. `part`: creds, keys or inbox.
-- Called by: scripts/rotate-master-key.
create function app.sealed_session_rows (
  p_shard  smallint,
  p_key_id text,
  p_after  text    default '',
  p_limit  integer default 500
)
  returns table (place text, account_id uuid, part text, kind text, id text, key_id text, body text)
  language sql
  stable
  set search_path = ''
as $$
  select r.place, r.account_id, r.part, r.kind, r.id, r.key_id, encode(r.body, 'base64')
    from (
      select 'creds ' || c.account_id || '  ' as place, c.account_id, 'creds' as part, '' as kind, '' as id, c.key_id, c.body
        from app.session_creds c where c.shard = p_shard and c.key_id <> p_key_id
      union all
      select 'inbox ' || i.account_id || ' ' || to_char(i.seq, 'FM0000000000000000000'), i.account_id, 'inbox', 'inbox', i.chat || '|' || i.author || '|' || i.message_id || '|' || i.part, i.key_id, i.body
        from app.session_inbox i where i.shard = p_shard and i.key_id <> p_key_id
      union all
      select 'keys ' || k.account_id || ' ' || k.kind || ' ' || k.id, k.account_id, 'keys', k.kind, k.id, k.key_id, k.body
        from app.session_keys k where k.shard = p_shard and k.key_id <> p_key_id
    ) r
   where r.place collate "C" > p_after collate "C"
   order by r.place collate "C"
   limit p_limit;
$$;

revoke execute on function app.sealed_session_rows from public;
grant execute on function app.sealed_session_rows to service_role;

-- 67_sessions/session_may_become.sql
-- Whether a session may go from one state to another (README, "A session"). Called by: set_session_state.
create function app.session_may_become (
  p_from text,
  p_to   text
)
  returns boolean
  language sql
  immutable
  set search_path = ''
as $$
  select p_to = any (case p_from
    when 'NEW'      then array['NEW', 'QR', 'PAIRING', 'BACKOFF', 'NEEDS_HUMAN', 'LOGGED_OUT']
    when 'QR'       then array['QR', 'PAIRING', 'BACKOFF', 'NEEDS_HUMAN', 'LOGGED_OUT']
    when 'PAIRING'  then array['PAIRING', 'OPEN', 'BACKOFF', 'NEEDS_HUMAN', 'LOGGED_OUT']
    when 'OPEN'     then array['OPEN', 'DEGRADED', 'BACKOFF', 'NEEDS_HUMAN', 'LOGGED_OUT']
    when 'DEGRADED' then array['OPEN', 'DEGRADED', 'BACKOFF', 'NEEDS_HUMAN', 'LOGGED_OUT']
    -- Not linked: back to a code. Linked: back to an open connection.
    when 'BACKOFF'  then array['QR', 'PAIRING', 'OPEN', 'DEGRADED', 'BACKOFF', 'NEEDS_HUMAN', 'LOGGED_OUT']
    when 'NEEDS_HUMAN' then array['OPEN', 'DEGRADED', 'BACKOFF', 'NEEDS_HUMAN', 'LOGGED_OUT']
    else array['LOGGED_OUT'] end);
$$;

revoke execute on function app.session_may_become from public;
grant execute on function app.session_may_become to service_role;

-- 67_sessions/set_session_state.sql
-- Writes down how a session is, for its owner. p_reason and p_words: why it is not open, and what to do about it.
--   BACKOFF      tried again after p_retry_in, or after a backoff that doubles up to a minute with every connection that failed
--                or broke within five minutes of being open
--   OPEN         p_paired_jid is the linked device; a task about it is resolved
--   NEEDS_HUMAN  the lease ends, nobody connects until a person restarts it, or p_retry_in has passed; a linked one gets a task
--   LOGGED_OUT   the lease ends and the keys are forgotten; likewise
-- Returns the pause before the next try in ms, or null. Raises SB001 under a stale lease, SB409 for a step that is none, 23514 for a
-- state without what belongs to it. Locks: lease, session, link, task. Called by: the runner.
create function app.set_session_state (
  p_shard      smallint,
  p_account_id uuid,
  p_token      bigint,
  p_state      text,
  p_reason     text     default null,
  p_words      text     default null,
  p_retry_in   interval default null,
  p_paired_jid text     default null
)
  returns integer
  language plpgsql
  set search_path = ''
as $$
declare
  v_now      timestamptz := app.now();
  v_session  public.sessions;
  v_attempts integer;
  v_pause    interval := p_retry_in;
  v_ends     boolean := p_state in ('NEEDS_HUMAN', 'LOGGED_OUT');
begin
  perform app.assert_session(p_shard, p_account_id, p_token, p_ends => v_ends);
  select * into strict v_session from public.sessions where shard = p_shard and account_id = p_account_id for no key update;
  if not app.session_may_become(v_session.state, p_state) then
    raise exception sqlstate 'SB409' using message = format('session %s is %s and cannot become %s', p_account_id, v_session.state, p_state);
  end if;

  v_attempts := v_session.attempts;
  if v_session.state = 'OPEN' and p_state <> 'OPEN' and v_session.opened_at <= v_now - interval '5 minutes' then
    v_attempts := 0;
  end if;
  if p_state = 'BACKOFF' then
    v_attempts := v_attempts + 1;
    v_pause := coalesce(p_retry_in, app.backoff(v_attempts, '1 second', '60 seconds'));
  end if;

  update public.sessions
     set state = p_state, reason = p_reason, words = p_words, attempts = v_attempts,
         desired     = case when p_state = 'LOGGED_OUT' and desired = 'logged_out' then 'stopped' else desired end,
         retry_at    = case when p_state in ('BACKOFF', 'NEEDS_HUMAN') then v_now + v_pause end,
         paired_jid  = coalesce(p_paired_jid, paired_jid),
         connects    = connects + (p_state = 'OPEN' and state <> 'OPEN')::integer,
         disconnects = disconnects + (p_state <> 'OPEN' and state = 'OPEN')::integer,
         opened_at   = case when p_state = 'OPEN' and state <> 'OPEN' then v_now else opened_at end,
         state_at    = case when p_state = state then state_at else v_now end
   where shard = p_shard and account_id = p_account_id
  returning * into v_session;
  if p_state not in ('QR', 'PAIRING') or p_paired_jid is not null then
    update public.session_links set code = null, expires_at = null
     where shard = p_shard and account_id = p_account_id and code is not null;
  end if;
  if p_state = 'LOGGED_OUT' then
    delete from app.session_creds where shard = p_shard and account_id = p_account_id;
    delete from app.session_keys where shard = p_shard and account_id = p_account_id;
  end if;
  if v_ends then
    update app.session_leases
       set owner = null, acquired_at = null, move_at = null, move_to = null,
           expires_at = case when p_state = 'NEEDS_HUMAN' then coalesce(v_now + v_pause, 'infinity') else 'infinity' end
     where shard = p_shard and account_id = p_account_id;
  end if;

  if p_state = 'OPEN' then
    perform app.resolve_task(p_shard, v_session.tenant_id, 'channel_stopped', p_account_id::text, 'system', 'It is connected again.');
  elsif v_ends and v_session.paired_jid is not null then
    perform app.open_task(p_shard, v_session.tenant_id, 'channel_stopped', p_account_id::text, p_words,
      jsonb_build_object('account_id', p_account_id, 'detail', jsonb_build_object('reason', p_reason, 'state', p_state)));
  end if;
  perform app.tell_session(p_shard, p_account_id);
  return (extract(epoch from v_pause) * 1000)::integer;
end;
$$;

revoke execute on function app.set_session_state from public;
grant execute on function app.set_session_state to service_role;

-- 67_sessions/stop_session.sql
-- Wants a session to stop: its worker closes the connection and gives it back; the device stays linked.
-- Idempotent. Raises SB404 without a session. Locks: lease, session. Called by: people.
create function app.stop_session (
  p_shard      smallint,
  p_account_id uuid
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  perform from app.session_leases where shard = p_shard and account_id = p_account_id for no key update;
  update public.sessions set desired = 'stopped' where shard = p_shard and account_id = p_account_id;
  if not found then
    raise exception sqlstate 'SB404' using message = format('account %s has no session', p_account_id);
  end if;
  update app.session_leases set expires_at = 'infinity' where shard = p_shard and account_id = p_account_id and owner is null;
  perform app.tell_session(p_shard, p_account_id, p_wakes => true);
end;
$$;

revoke execute on function app.stop_session from public;
grant execute on function app.stop_session to service_role;

-- 67_sessions/tell_session.sql
-- Tells the members of the tenant, through Realtime, how a session is; and the workers, when p_wakes, that there is
-- something to do with it. Never fails for want of Realtime. The code is not told, only until when there is one.
-- Called by: whatever changes a session.
create function app.tell_session (
  p_shard      smallint,
  p_account_id uuid,
  p_wakes      boolean default false
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_tenant  uuid;
  v_payload jsonb;
begin
  if p_wakes then
    perform app.wake_session_workers();
  end if;
  if to_regprocedure('realtime.send(jsonb,text,text,boolean)') is null then
    return;
  end if;
  select s.tenant_id,
         jsonb_build_object('account_id', s.account_id, 'desired', s.desired, 'state', s.state, 'reason', s.reason, 'words', s.words,
           'retry_at', s.retry_at, 'state_at', s.state_at, 'method', l.method, 'code_expires_at', l.expires_at)
    into v_tenant, v_payload
    from public.sessions s
    join public.session_links l on l.shard = s.shard and l.account_id = s.account_id
   where s.shard = p_shard and s.account_id = p_account_id;
  if found then
    execute 'select realtime.send($1, $2, $3, true)' using v_payload, 'session', 'sessions:' || v_tenant;
  end if;
end;
$$;

revoke execute on function app.tell_session from public;
grant execute on function app.tell_session to service_role;

-- 67_sessions/wake_session_workers.sql
-- Wakes the workers that take sessions: there is something to claim, or something else is wanted of one. It notifies without a bell
-- (ring_doorbell), because it happens by a person's wish or when a session changes hands, not with every message.
-- Called by: tell_session, move_session, drain_worker.
create function app.wake_session_workers ()
  returns void
  language sql
  set search_path = ''
as $$
  select pg_notify('switchboard_queue', 'sessions');
$$;

revoke execute on function app.wake_session_workers from public;
grant execute on function app.wake_session_workers to service_role;

-- 70_services/10_services.sql
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

-- 70_services/deregister_service_endpoint.sql
-- Forgets a running copy of a service. Idempotent. Called by: the agent service when it stops in order.
create function app.deregister_service_endpoint (
  p_service text,
  p_url     text
)
  returns void
  language sql
  set search_path = ''
as $$
  delete from app.service_endpoints where service = p_service and url = p_url;
$$;

revoke execute on function app.deregister_service_endpoint from public;
grant execute on function app.deregister_service_endpoint to service_role;

-- 70_services/list_service_endpoints.sql
-- Every running copy of every service with its state. Called by: the service registry.
create function app.list_service_endpoints ()
  returns table (
    service            text,
    kind               text,
    timeout_ms         integer,
    max_attempts       smallint,
    url                text,
    health             text,
    breaker            text,
    breaker_changed_at timestamptz,
    heartbeat_at       timestamptz,
    last_error         text
  )
  language sql
  stable
  set search_path = ''
as $$
  select s.name, s.kind, s.timeout_ms, s.max_attempts, e.url, e.health, e.breaker, e.breaker_changed_at, e.heartbeat_at, e.last_error
    from app.services s
    join app.service_endpoints e on e.service = s.name
   order by s.name, e.url;
$$;

revoke execute on function app.list_service_endpoints from public;
grant execute on function app.list_service_endpoints to service_role;

-- 70_services/readiness.sql
-- Whether a message that came now would be answered, and if not, why not.
-- p_drain: work is also done without a runner, by the queue-worker function.
-- Returns {ready, checks: {worker, account, agent}}, each check true or a sentence that says what is missing.
-- Called by: the health function.
create function app.readiness (
  p_drain boolean
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  v_checks  jsonb;
  v_without text;
begin
  select string_agg(distinct a.agent, ', ')
    into v_without
    from public.whatsapp_accounts a
   where a.status = 'active'
     and not exists (
       select from app.service_endpoints e
        where e.service = a.agent and e.health <> 'unhealthy' and e.breaker <> 'open'
          and e.heartbeat_at > app.now() - interval '90 seconds');

  v_checks := jsonb_build_object(
    'worker', case when p_drain or app.runner_is_alive() then 'true'::jsonb
                   else to_jsonb('no runner gave a sign of life within 15 s: start packages/runner'::text) end,
    'account', case when exists (
                      select from public.whatsapp_accounts a
                        join app.whatsapp_account_credentials c on c.shard = a.shard and c.account_id = a.id
                       where a.status = 'active') then 'true'::jsonb
                    else to_jsonb('no active account with credentials: run npm run account:add'::text) end,
    'agent', case when v_without is null then 'true'::jsonb
                  else to_jsonb('no usable endpoint of ' || v_without || ': start packages/agents') end);

  return jsonb_build_object('ready', not exists (select from jsonb_each(v_checks) c where c.value <> 'true'), 'checks', v_checks);
end;
$$;

revoke execute on function app.readiness from public;
grant execute on function app.readiness to service_role;

-- 70_services/register_service.sql
-- Creates a service or changes how it is called. Idempotent. Called by: the agent service when it starts.
create function app.register_service (
  p_name         text,
  p_kind         text,
  p_timeout_ms   integer,
  p_max_attempts integer
)
  returns void
  language sql
  set search_path = ''
as $$
  insert into app.services (name, kind, timeout_ms, max_attempts, updated_at)
  values (p_name, p_kind, p_timeout_ms, p_max_attempts, app.now())
  on conflict (name) do update
    set kind = excluded.kind, timeout_ms = excluded.timeout_ms, max_attempts = excluded.max_attempts, updated_at = excluded.updated_at;
$$;

revoke execute on function app.register_service from public;
grant execute on function app.register_service to service_role;

-- 70_services/register_service_endpoint.sql
-- Registers a running copy of a service, or says that it is alive. A copy that starts anew (p_started) begins with a closed
-- breaker and unknown health; a heartbeat changes neither. Forgets copies that have been silent for an hour.
-- Idempotent. Raises 23503 when the service is not registered. Called by: the agent service.
create function app.register_service_endpoint (
  p_service text,
  p_url     text,
  p_started boolean default false
)
  returns void
  language sql
  set search_path = ''
as $$
  delete from app.service_endpoints where heartbeat_at < app.now() - interval '1 hour' and service = p_service and url <> p_url;
  insert into app.service_endpoints as e (service, url, breaker_changed_at, registered_at, heartbeat_at)
  values (p_service, p_url, app.now(), app.now(), app.now())
  on conflict (service, url) do update
    set heartbeat_at       = excluded.heartbeat_at,
        registered_at      = case when p_started then excluded.registered_at else e.registered_at end,
        health             = case when p_started then 'unknown' else e.health end,
        breaker            = case when p_started then 'closed' else e.breaker end,
        breaker_changed_at = case when p_started then excluded.breaker_changed_at else e.breaker_changed_at end,
        last_error         = case when p_started then null else e.last_error end;
$$;

revoke execute on function app.register_service_endpoint from public;
grant execute on function app.register_service_endpoint to service_role;

-- 70_services/report_service_endpoint.sql
-- Writes down what a caller found out about an endpoint. breaker_changed_at moves only when the breaker's state does.
-- An endpoint that has gone meanwhile is not brought back. Idempotent. Called by: the service registry.
create function app.report_service_endpoint (
  p_service text,
  p_url     text,
  p_health  text,
  p_breaker text,
  p_error   text default null
)
  returns void
  language sql
  set search_path = ''
as $$
  update app.service_endpoints e
     set health             = p_health,
         breaker            = p_breaker,
         breaker_changed_at = case when e.breaker = p_breaker then e.breaker_changed_at else app.now() end,
         last_error         = coalesce(left(p_error, 1000), e.last_error)
   where e.service = p_service and e.url = p_url;
$$;

revoke execute on function app.report_service_endpoint from public;
grant execute on function app.report_service_endpoint to service_role;

-- 80_knowledge/10_knowledge.sql
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

-- 80_knowledge/search_knowledge.sql
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

-- 80_knowledge/upsert_knowledge_article.sql
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

-- 90_health/10_ingest_counters.sql
-- What the doors had taken in before, counted by the hour: a duplicate changes nothing, so it leaves no trace but here.
-- (What is new is counted by its own rows: processed_messages, webhook_events.) A slot is one of 256 parts of an hour's
-- count, chosen by the connection: doors that work at the same time write different rows and do not wait for each other.

create table app.ingest_counters (
  shard      smallint    not null default 0,
  hour       timestamptz not null,
  provider   text        not null,
  slot       smallint    not null check (slot between 0 and 255),
  -- POSTs with a duplicate in them, and the duplicates.
  posts      bigint      not null,
  duplicates bigint      not null,
  primary key (shard, hour, provider, slot)
) with (fillfactor = 50);
comment on table app.ingest_counters is 'Duplicates that came in, by the hour; kept for 30 days.';

alter table app.ingest_counters enable row level security;
grant select, insert, update, delete on app.ingest_counters to service_role;

-- 90_health/20_history_indexes.sql
-- How the health views and monitoring/webhook-health-checks.sql find the last hour or day in tables that only grow.
-- Rows come in the order of these times, so a block range index of a few pages does it; none of the times is
-- changed on the way of a message but claimed_at by a second try, so updates stay HOT. `autosummarize`, because a range that is not
-- summarized yet is read by every query, and vacuum comes only after a fifth of the table is new.

create index messages_created_at on public.messages using brin (created_at) with (pages_per_range = 32, autosummarize = on);
create index turns_claimed_at on app.turns using brin (claimed_at) with (pages_per_range = 32, autosummarize = on);
create index outbound_message_created_at on app.outbound_message using brin (created_at) with (pages_per_range = 32, autosummarize = on);
create index outbound_attempt_started_at on app.outbound_attempt using brin (started_at) with (pages_per_range = 32, autosummarize = on);
create index processed_messages_processed_at on app.processed_messages using brin (processed_at) with (pages_per_range = 32, autosummarize = on);
create index webhook_events_received_at on app.webhook_events using brin (received_at) with (pages_per_range = 32, autosummarize = on);
create index workflow_states_finished_at on app.workflow_states using brin (finished_at) with (pages_per_range = 32, autosummarize = on);

-- Null until nobody knows whether the provider took a message, which is rare: the usual updates do not touch it.
create index outbound_message_unknown on app.outbound_message (unknown_since) where unknown_since is not null;

-- 90_health/ai_agent_usage.sql
-- What each agent did on each of the last 30 days (UTC), by the time of the last try of each turn. Ask for the days you
-- need, `where day >= ...`: only these are read. retries: tries beyond the first. agent_ms: how long the agent took, of
-- the turns that it answered or left alone. superseded: answers that were dropped because the customer wrote more. Tokens: what the agents reported. Called by: monitoring, people.
create view app.ai_agent_usage with (security_invoker = true) as
  select (d.start at time zone 'UTC')::date as day, u.*
    from (
      select date_trunc('day', (select app.now()), 'UTC') - make_interval(hours => 24 * n) as start
        from generate_series(0, 29) as n
    ) as d
    cross join lateral (
      select t.service                                                                       as agent,
             count(*)                                                                        as turns,
             count(*) filter (where t.status = 'answered')                                   as answered,
             count(*) filter (where t.status = 'skipped')                                    as skipped,
             count(*) filter (where t.status = 'failed')                                     as failed,
             count(*) filter (where t.status in ('working', 'superseded'))                   as working,
             sum(t.superseded)::bigint                                                       as superseded,
             sum(t.tries - 1)::bigint                                                        as retries,
             percentile_disc(0.5) within group (order by t.agent_ms)                         as agent_ms_p50,
             percentile_disc(0.95) within group (order by t.agent_ms)                        as agent_ms_p95,
             coalesce(sum((t.usage ->> 'inputTokens')::bigint), 0)::bigint                   as input_tokens,
             coalesce(sum((t.usage ->> 'outputTokens')::bigint), 0)::bigint                  as output_tokens
        from app.turns t
       where t.claimed_at >= d.start and t.claimed_at < d.start + interval '24 hours'
       group by t.service
    ) as u;
comment on view app.ai_agent_usage is 'Turns of each agent by day, for the last 30 days.';

grant select on app.ai_agent_usage to service_role;

-- 90_health/busy_tenants.sql
-- Up to p_limit tenants with work in a queue: half of them those with the most lanes among the first 300 of each
-- stretch of look_at_lanes, then others in the order of their ids, so that one tenant's flood does not hide the rest.
-- Called by: queue_overview.
create function app.busy_tenants (
  p_shard smallint,
  p_queue app.queue_name,
  p_limit integer
)
  returns uuid[]
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  v_busiest uuid[];
begin
  v_busiest := array(
    select r.tenant_id
      from unnest(array['due', 'later', 'leased', 'expired', 'parked']) as s (stretch)
      cross join lateral app.look_at_lanes(p_shard, p_queue, null, s.stretch, 300) as r
     group by r.tenant_id
     order by count(*) desc, r.tenant_id
     limit p_limit);
  return (v_busiest[1 : greatest(p_limit / 2, 1)]
      || app.visit_tenants(p_shard, p_queue, 0, v_busiest, p_limit)
      || v_busiest[greatest(p_limit / 2, 1) + 1 :])[1 : p_limit];
end;
$$;

revoke execute on function app.busy_tenants from public;
grant execute on function app.busy_tenants to service_role;

-- 90_health/count_duplicates.sql
-- Counts the duplicates in one POST to a shard. Forgets, once an hour and slot, what is older than 30 days.
-- Not idempotent: a POST that comes a third time is counted again, which is what the count is for.
-- Locks: the connection's own row of the hour. Called by: ingest_events, as the last step in a shard.
create function app.count_duplicates (
  p_shard      smallint,
  p_provider   text,
  p_duplicates bigint
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_hour  timestamptz := date_trunc('hour', app.now(), 'UTC');
  v_slot  smallint := pg_backend_pid() % 256;
  v_posts bigint;
begin
  insert into app.ingest_counters as c (shard, hour, provider, slot, posts, duplicates)
  values (p_shard, v_hour, p_provider, v_slot, 1, p_duplicates)
  on conflict (shard, hour, provider, slot) do update
    set posts      = c.posts + 1,
        duplicates = c.duplicates + excluded.duplicates
  returning c.posts into v_posts;

  if v_posts = 1 then
    delete from app.ingest_counters c
     where c.shard = p_shard and c.hour < v_hour - interval '30 days' and c.provider = p_provider and c.slot = v_slot;
  end if;
end;
$$;

revoke execute on function app.count_duplicates from public;
grant execute on function app.count_duplicates to service_role;

-- 90_health/discard_dead_letter.sql
-- Decides that a dead letter is not to be done any more: app.discard_dead_letter. In `public`, because the page on the queue
-- does it through the API; for the service role only. Called by: packages/simulator, over POST /rest/v1/rpc/discard_dead_letter.
create function public.discard_dead_letter (
  p_shard  smallint,
  p_id     uuid,
  p_reason text
)
  returns void
  language sql
  set search_path = ''
as $$
  select app.discard_dead_letter(p_shard, p_id, p_reason);
$$;

revoke execute on function public.discard_dead_letter from public;
grant execute on function public.discard_dead_letter to service_role;

-- 90_health/discard_dead_letters.sql
-- Discards the dead letters that a filter finds: app.discard_dead_letters. In `public`, because the page on the queue
-- does it through the API; for the service role only. Called by: packages/simulator, over POST /rest/v1/rpc/discard_dead_letters.
create function public.discard_dead_letters (
  p_shard     smallint,
  p_reason    text,
  p_queue     text        default null,
  p_tenant_id uuid        default null,
  p_since     timestamptz default null,
  p_code      text        default null,
  p_limit     integer     default 100
)
  returns integer
  language sql
  set search_path = ''
as $$
  select app.discard_dead_letters(p_shard, p_reason, p_queue::app.queue_name, p_tenant_id, p_since, p_code, p_limit);
$$;

revoke execute on function public.discard_dead_letters from public;
grant execute on function public.discard_dead_letters to service_role;

-- 90_health/get_dead_letter.sql
-- One dead letter with its payload, as app.get_dead_letter gives it. In `public`, because the page on the queue
-- does it through the API; for the service role only. Called by: packages/simulator, over POST /rest/v1/rpc/get_dead_letter.
create function public.get_dead_letter (
  p_shard smallint,
  p_id    uuid
)
  returns setof app.queue_dead_letter
  language sql
  stable
  set search_path = ''
as $$
  select * from app.get_dead_letter(p_shard, p_id);
$$;

revoke execute on function public.get_dead_letter from public;
grant execute on function public.get_dead_letter to service_role;

-- 90_health/get_lane.sql
-- One lane for people to see: where it stands, what pauses it, what waits in it and what its head failed with last. No
-- payloads and no personal data. In `public`, because it is read through the API; for the service role only.
-- p_limit: how many messages are listed. Returns null when there is no such lane; an `idle` one has no work.
-- conversation_id: null when the lane is no conversation; latest_message_id: the provider's id of the customer's latest
-- message there, which leads to its message_trace. Called by: packages/simulator, over POST /rest/v1/rpc/get_lane.
create function public.get_lane (
  p_shard   smallint,
  p_queue   text,
  p_lane_id uuid,
  p_limit   integer default 100
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_queue    app.queue_name := p_queue;
  v_nil      uuid := '00000000-0000-0000-0000-000000000000';
  v_lane     app.queue_lane;
  v_ready    app.queue_ready;
  v_tenant   uuid;
  v_talk     uuid;
  v_outbound uuid;
  v_messages jsonb;
begin
  if p_limit is null or p_limit not between 1 and 1000 then
    raise exception sqlstate 'SB400' using message = 'p_limit must be between 1 and 1000';
  end if;
  select * into v_lane from app.queue_lane l where l.shard = p_shard and l.queue = v_queue and l.lane_id = p_lane_id;
  if not found then
    return null;
  end if;
  select * into v_ready from app.queue_ready r where r.shard = p_shard and r.queue = v_queue and r.lane_id = p_lane_id;
  select c.tenant_id, c.id into v_tenant, v_talk from public.conversations c where c.shard = p_shard and c.id = p_lane_id;
  v_tenant := coalesce(v_ready.tenant_id, v_tenant);

  select jsonb_agg(jsonb_build_object('seq', m.seq, 'kind', m.kind, 'correlation_id', m.correlation_id, 'enqueued_at', m.enqueued_at,
           'in_hand', coalesce(v_ready.leased_by is not null and m.seq <= v_ready.upto, false)) order by m.seq),
         (array_agg(app.outbound_id(m.payload) order by m.seq))[1]
    into v_messages, v_outbound
    from (select q.* from app.message_queue q
           where q.shard = p_shard and q.queue = v_queue and q.lane_id = p_lane_id and q.seq > v_ready.done
           order by q.seq limit p_limit) as m;

  return jsonb_build_object(
    'now', app.now(), 'queue', p_queue, 'lane_id', p_lane_id, 'conversation_id', v_talk,
    'tenant_id', v_tenant, 'tenant', (select t.slug from public.tenants t where t.id = v_tenant),
    'state', case when v_ready.lane_id is null then 'idle' else app.lane_state(v_ready, app.now()) end,
    'priority', v_ready.priority, 'tries', v_ready.tries, 'lost', v_ready.lost, 'leased_by', v_ready.leased_by,
    'token', v_ready.token, 'at', coalesce(v_ready.parked_at, v_ready.at), 'oldest_at', v_ready.burst_at,
    'done', coalesce(v_ready.done, v_lane.tail), 'depth', v_lane.tail - coalesce(v_ready.done, v_lane.tail),
    'pauses', (select coalesce(jsonb_agg(jsonb_build_object('queue', p.queue, 'tenant_id', nullif(p.tenant_id, v_nil),
                        'lane_id', nullif(p.lane_id, v_nil), 'reason', p.reason, 'paused_at', p.paused_at)), '[]')
                 from app.queue_pause p
                where p.shard = p_shard and p.queue = v_queue and p.tenant_id in (v_nil, v_tenant) and p.lane_id in (v_nil, p_lane_id)),
    'messages', coalesce(v_messages, '[]'),
    'last_error', coalesce(
      (select jsonb_build_object('code', t.error ->> 'code', 'message', t.error ->> 'message') from app.turns t
        where v_queue = 'inbound' and v_ready.tries > 0 and t.shard = p_shard and t.conversation_id = p_lane_id
          and t.first_seq = v_ready.done + 1 and t.error is not null),
      (select jsonb_build_object('code', a.error_code, 'message', null) from app.outbound_attempt a
        where p_queue = 'outbound' and a.shard = p_shard and a.outbound_message_id = v_outbound and a.error_code is not null
        order by a.attempt_no desc limit 1)),
    'latest_message_id', (
      select m.provider_message_id from public.messages m
       where m.shard = p_shard and m.conversation_id = v_talk and m.direction = 'in' and m.provider_message_id is not null
       order by m.position desc limit 1));
end;
$$;

revoke execute on function public.get_lane from public;
grant execute on function public.get_lane to service_role;

-- 90_health/lane_state.sql
-- In which state a lane with work is at p_now, in the words of message_queue_health: due, resting (its burst may still
-- grow, or its head waits for a status), backing_off, leased, expired (its worker did not come back), or parked by a pause.
-- Called by: list_lanes, get_lane.
create function app.lane_state (
  p_ready app.queue_ready,
  p_now   timestamptz
)
  returns text
  language sql
  immutable
  set search_path = ''
as $$
  select case
    when p_ready.parked_at is not null then 'parked'
    when p_ready.leased_by is not null then case when p_ready.at > p_now then 'leased' else 'expired' end
    when p_ready.at <= p_now then 'due'
    when p_ready.tries > 0 then 'backing_off'
    else 'resting'
  end;
$$;

revoke execute on function app.lane_state from public;
grant execute on function app.lane_state to service_role;

-- 90_health/list_dead_letters.sql
-- The open dead letters of a shard, as app.list_dead_letters gives them, with the slugs of their tenants. In `public`,
-- because the page on the queue reads it through the API; for the service role only.
-- Called by: packages/simulator, over POST /rest/v1/rpc/list_dead_letters.
create function public.list_dead_letters (
  p_shard     smallint,
  p_queue     text        default null,
  p_tenant_id uuid        default null,
  p_since     timestamptz default null,
  p_code      text        default null,
  p_limit     integer     default 100,
  p_after_at  timestamptz default null,
  p_after_id  uuid        default null
)
  returns table (
    id             uuid,
    queue          text,
    lane_id        uuid,
    seq            bigint,
    tenant_id      uuid,
    kind           text,
    correlation_id text,
    tries          smallint,
    error          jsonb,
    enqueued_at    timestamptz,
    dead_at        timestamptz,
    tenant         text
  )
  language sql
  stable
  set search_path = ''
as $$
  select d.id, d.queue::text, d.lane_id, d.seq, d.tenant_id, d.kind, d.correlation_id, d.tries, d.error, d.enqueued_at, d.dead_at, t.slug
    from app.list_dead_letters(p_shard, p_queue::app.queue_name, p_tenant_id, p_since, p_code, p_limit, p_after_at, p_after_id) as d
    left join public.tenants t on t.id = d.tenant_id
   order by d.dead_at, d.id;
$$;

revoke execute on function public.list_dead_letters from public;
grant execute on function public.list_dead_letters to service_role;

-- 90_health/list_lanes.sql
-- The lanes with work of a shard, a page at a time, for people to see: where each stands, who holds it, and what is at
-- its head. No payloads and no personal data. In `public`, because it is read through the API; for the service role only.
-- p_queue, p_tenant_id: null: any. p_state: a state as lane_state names it; null: the first p_limit of each kind, without
-- a next page. p_from, p_skip: as `next` of the page before. Looking for one of resting and backing_off, it passes over at most
-- 2,000 of the other; then the page is short, and `next` goes on from there.
-- Returns {now, lanes: [...], next: {from, skip} | null}; a lane's at: when it becomes claimable, or its lease ends.
-- Raises SB400. Called by: packages/simulator, over POST /rest/v1/rpc/list_lanes.
create function public.list_lanes (
  p_shard     smallint    default 0,
  p_queue     text        default null,
  p_tenant_id uuid        default null,
  p_state     text        default null,
  p_limit     integer     default 50,
  p_from      timestamptz default null,
  p_skip      integer     default 0
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_now       timestamptz := app.now();
  v_is_later  boolean := coalesce(p_state in ('resting', 'backing_off'), false);
  v_window    integer := p_skip + case when v_is_later then 2000 else p_limit end;
  v_stretches text[] := case when p_state is null then array['expired', 'leased', 'later', 'due', 'parked']
                             when v_is_later then array['later'] else array[p_state] end;
  v_lanes     jsonb;
  v_next      jsonb;
begin
  if p_state not in ('due', 'resting', 'backing_off', 'leased', 'expired', 'parked') then
    raise exception sqlstate 'SB400' using message = format('there is no state %s of a lane', p_state);
  end if;
  if p_limit is null or p_limit not between 1 and 200 or p_skip is null or p_skip not between 0 and 10000 then
    raise exception sqlstate 'SB400' using message = 'p_limit must be between 1 and 200, p_skip between 0 and 10000';
  end if;

  with looked as materialized (
    select r.ready, (r.ready).at as at, s.nr as stretch, app.lane_state(r.ready, v_now) as state,
           row_number() over (partition by s.nr order by (r.ready).at, q.queue, r.nr) as n
      from unnest(v_stretches) with ordinality as s (stretch, nr)
      cross join unnest(case when p_queue is null then enum_range(null::app.queue_name) else array[p_queue::app.queue_name] end) as q (queue)
      cross join lateral (
        select l as ready, row_number() over () as nr
          from app.look_at_lanes(p_shard, q.queue, p_tenant_id, s.stretch, v_window + 1, coalesce(p_from, '-infinity')) as l) as r
  ), shown as materialized (
    select k.ready, k.stretch, k.state, k.n
      from looked k
     where k.n > p_skip and k.n <= v_window and (p_state is null or k.state = p_state)
     order by k.stretch, k.n
     limit case when p_state is not null then p_limit end
  ), page as (
    select case when count(*) = p_limit then max(s.n) else (select max(k.n) from looked k where k.n <= v_window) end as last from shown s
  )
  select (select coalesce(jsonb_agg(jsonb_build_object(
                   'queue', (s.ready).queue, 'lane_id', (s.ready).lane_id, 'tenant_id', (s.ready).tenant_id, 'tenant', t.slug,
                   'state', s.state, 'priority', (s.ready).priority, 'tries', (s.ready).tries, 'lost', (s.ready).lost,
                   'leased_by', (s.ready).leased_by, 'at', coalesce((s.ready).parked_at, (s.ready).at), 'oldest_at', (s.ready).burst_at,
                   'depth', l.tail - (s.ready).done, 'kind', m.kind, 'correlation_id', m.correlation_id) order by s.stretch, s.n), '[]')
            from shown s
            left join public.tenants t on t.id = (s.ready).tenant_id
            left join lateral (
              select l.tail from app.queue_lane l
               where l.shard = p_shard and l.queue = (s.ready).queue and l.lane_id = (s.ready).lane_id) as l on true
            left join lateral (
              select q.kind, q.correlation_id from app.message_queue q
               where q.shard = p_shard and q.queue = (s.ready).queue and q.lane_id = (s.ready).lane_id and q.seq > (s.ready).done
               order by q.seq limit 1) as m on true),
         (select jsonb_build_object('from', nullif(e.at, 'infinity'),
                   'skip', (select count(*) from looked k where k.n <= p.last and k.at = e.at))
            from looked e
           where e.n = p.last and p_state is not null and exists (select from looked k where k.n > p.last))
    into v_lanes, v_next
    from page p;
  return jsonb_build_object('now', v_now, 'lanes', v_lanes, 'next', case when (v_next ->> 'skip')::bigint <= 10000 then v_next end);
end;
$$;

revoke execute on function public.list_lanes from public;
grant execute on function public.list_lanes to service_role;

-- 90_health/look_at_lanes.sql
-- The first p_limit lanes of a queue in one stretch of an index, for people to see: `due`, `later` (backing off or
-- resting), `leased`, `expired` or `parked`, in the order of their times; parked ones by tenant. Whatever the queue's
-- depth, it reads no more than the rows that it gives, ten times as many (a tenant's ten priorities), or, for
-- leases of one tenant, the first 10,000 leases.
-- p_tenant_id: null: any. p_from: not before then. Called by: busy_tenants, list_lanes.
create function app.look_at_lanes (
  p_shard     smallint,
  p_queue     app.queue_name,
  p_tenant_id uuid,
  p_stretch   text,
  p_limit     integer,
  p_from      timestamptz default '-infinity'
)
  returns setof app.queue_ready
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_sort = off
as $$
declare
  v_now  timestamptz := app.now();
  v_from timestamptz := case when p_stretch in ('later', 'leased') then greatest(p_from, v_now + interval '1 microsecond') else p_from end;
  v_to   timestamptz := case when p_stretch in ('later', 'leased') then 'infinity' else v_now end;
begin
  if p_stretch = 'parked' then
    return query
    select r.* from app.queue_ready r
     where r.shard = p_shard and r.queue = p_queue and r.parked_at is not null
       and r.tenant_id between coalesce(p_tenant_id, '00000000-0000-0000-0000-000000000000')
                           and coalesce(p_tenant_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
     order by r.tenant_id
     limit p_limit;
  elsif p_stretch in ('leased', 'expired') then
    return query
    select l.*
      from (select r.* from app.queue_ready r
             where r.shard = p_shard and r.queue = p_queue and r.leased_by is not null and r.at between v_from and v_to
             order by r.at
             limit case when p_tenant_id is null then p_limit else 10000 end) as l
     where p_tenant_id is null or l.tenant_id = p_tenant_id
     limit p_limit;
  elsif p_tenant_id is null then
    return query
    select r.* from app.queue_ready r
     where r.shard = p_shard and r.queue = p_queue and r.leased_by is null and r.at < 'infinity' and r.at between v_from and v_to
     order by r.at
     limit p_limit;
  else
    return query
    select l.*
      from generate_series(0, 9) as p (priority)
      cross join lateral (
        select r.* from app.queue_ready r
         where r.shard = p_shard and r.queue = p_queue and r.tenant_id = p_tenant_id and r.priority = p.priority
           and r.leased_by is null and r.parked_at is null and r.at between v_from and v_to
         order by r.at
         limit p_limit) as l
     order by l.at, l.priority
     limit p_limit;
  end if;
end;
$$;

revoke execute on function app.look_at_lanes from public;
grant execute on function app.look_at_lanes to service_role;

-- 90_health/message_queue_health.sql
-- What waits in the queues and who works on it, by shard, queue and tenant. Nothing is counted message by message: the
-- depth of a lane is its tail less its cursor, and only lanes with work have a ready row. Every lane is in one of six states:
-- due, parked (a pause keeps it back), resting (its burst may still grow, or its head waits for a status), backing_off, leased, expired (its worker did
-- not come back; claimable).
-- oldest_waiting_s: the age of the oldest piece of work that is not done, be it waiting or in work.
-- dead_letters_24h: died within a day and not replayed. Called by: monitoring, people.
create view app.message_queue_health with (security_invoker = true) as
  with lane as (
    select r.shard, r.queue, r.tenant_id,
           sum(l.tail - r.done)::bigint                                                       as waiting,
           count(*)                                                                           as lanes,
           count(*) filter (where r.leased_by is null and r.at <= c.now)                      as due,
           count(*) filter (where r.parked_at is not null)                                    as parked,
           count(*) filter (where r.leased_by is null and r.at > c.now and r.tries = 0 and r.parked_at is null) as resting,
           count(*) filter (where r.leased_by is null and r.at > c.now and r.tries > 0 and r.parked_at is null) as backing_off,
           count(*) filter (where r.leased_by is not null and r.at > c.now)                   as leased,
           count(*) filter (where r.leased_by is not null and r.at <= c.now)                  as expired,
           greatest(extract(epoch from max(c.now) - min(r.burst_at)), 0)::double precision    as oldest_waiting_s,
           max(r.tries)::integer                                                              as most_tries
      from (select app.now() as now offset 0) as c
      cross join app.queue_ready r
      join app.queue_lane l on l.shard = r.shard and l.queue = r.queue and l.lane_id = r.lane_id
     group by r.shard, r.queue, r.tenant_id
  ), dead as (
    select d.shard, d.queue, d.tenant_id, count(*) as dead_letters_24h
      from app.queue_dead_letter d
     where d.replayed_at is null and d.dead_at between (select app.now()) - interval '24 hours' and (select app.now())
     group by d.shard, d.queue, d.tenant_id
  )
  select shard, queue, tenant_id,
         (select t.slug from public.tenants t where t.id = tenant_id) as tenant,
         coalesce(lane.waiting, 0)          as waiting,
         coalesce(lane.lanes, 0)            as lanes,
         coalesce(lane.due, 0)              as due,
         coalesce(lane.parked, 0)           as parked,
         coalesce(lane.resting, 0)          as resting,
         coalesce(lane.backing_off, 0)      as backing_off,
         coalesce(lane.leased, 0)           as leased,
         coalesce(lane.expired, 0)          as expired,
         coalesce(lane.oldest_waiting_s, 0) as oldest_waiting_s,
         coalesce(lane.most_tries, 0)       as most_tries,
         coalesce(dead.dead_letters_24h, 0) as dead_letters_24h
    from lane
    full join dead using (shard, queue, tenant_id);
comment on view app.message_queue_health is 'What waits in the queues, by shard, queue and tenant.';

grant select on app.message_queue_health to service_role;

-- 90_health/pause_queue.sql
-- Keeps back a queue, a tenant in it or a lane: app.pause_queue. In `public`, because the page on the queue
-- does it through the API; for the service role only. Called by: packages/simulator, over POST /rest/v1/rpc/pause_queue.
create function public.pause_queue (
  p_shard     smallint,
  p_queue     text,
  p_reason    text,
  p_tenant_id uuid default null,
  p_lane_id   uuid default null
)
  returns void
  language sql
  set search_path = ''
as $$
  select app.pause_queue(p_shard, p_queue::app.queue_name, p_reason, p_tenant_id, p_lane_id);
$$;

revoke execute on function public.pause_queue from public;
grant execute on function public.pause_queue to service_role;

-- 90_health/queue_overview.sql
-- Everything about the queues of a shard at one moment, for a page that asks again every second: the queues with their
-- lanes, limits and scheduled work, the tenants in them, pauses, workers, dead letters. Nothing is counted beyond p_cap (a
-- twentieth of it for a tenant), so its work does not grow with what waits. No payloads and no personal data. In `public`,
-- because it is read through the API; for the service role only.
-- p_tenants: how many tenants of each queue are shown; `tenants_more` says that there are others.
-- Returns {now, shard, shards, cap, queues: [{queue, pause, limit, scheduled, dead, tenants, ...tally_queue}], pauses,
-- workers, dead}. A worker is alive when it gave a sign of life within 15 seconds, as for runner_is_alive.
-- Called by: packages/simulator, over POST /rest/v1/rpc/queue_overview.
create function public.queue_overview (
  p_shard   smallint default 0,
  p_cap     integer  default 10000,
  p_tenants integer  default 12
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_now  timestamptz := app.now();
  v_nil  uuid := '00000000-0000-0000-0000-000000000000';
  v_dead jsonb;
begin
  if p_cap is null or p_cap not between 10 and 100000 or p_tenants is null or p_tenants not between 1 and 200 then
    raise exception sqlstate 'SB400' using message = 'p_cap must be between 10 and 100000, p_tenants between 1 and 200';
  end if;

  select jsonb_object_agg(d.queue::text, d.letters) into v_dead
    from (select x.queue, count(*) as letters
            from (select l.queue from app.queue_dead_letter l
                   where l.shard = p_shard and l.replayed_at is null and l.discarded_at is null
                   order by l.dead_at limit p_cap + 1) as x
           group by x.queue) as d;

  return jsonb_build_object(
    'now', v_now,
    'shard', p_shard,
    'shards', (
      with recursive s as (
        select min(t.shard) as shard from public.tenants t
        union all
        select (select min(t.shard) from public.tenants t where t.shard > s.shard) from s where s.shard is not null
      )
      select coalesce(jsonb_agg(s.shard order by s.shard), '[]') from s where s.shard is not null),
    'cap', p_cap,
    'dead', (select coalesce(sum(v.value::integer), 0) from jsonb_each_text(v_dead) as v),
    'queues', (
      select jsonb_agg(jsonb_build_object(
               'queue', q.queue,
               'pause', (select jsonb_build_object('reason', p.reason, 'paused_at', p.paused_at) from app.queue_pause p
                          where p.shard = p_shard and p.queue = q.queue and p.tenant_id = v_nil and p.lane_id = v_nil),
               'limit', (select l.max_concurrency from app.queue_limits l where l.shard = p_shard and l.queue = q.queue),
               'dead', coalesce((v_dead ->> q.queue::text)::integer, 0),
               'scheduled', (select jsonb_build_object('work', count(*), 'next_at', min(s.run_at))
                               from (select s.run_at from app.queue_scheduled s where s.shard = p_shard and s.queue = q.queue
                                      order by s.run_at limit p_cap + 1) as s),
               'tenants', (
                 select coalesce(jsonb_agg(jsonb_build_object('tenant_id', t.id, 'tenant', t.slug, 'weight', t.weight, 'limit', t.max_concurrency,
                          'pause', (select jsonb_build_object('reason', p.reason, 'paused_at', p.paused_at) from app.queue_pause p
                                     where p.shard = p_shard and p.queue = q.queue and p.tenant_id = t.id and p.lane_id = v_nil))
                          || y.tally order by t.slug), '[]')
                   from app.tally_tenants(p_shard, q.queue, q.tenants[1 : p_tenants], p_cap / 20) as y
                   join public.tenants t on t.id = y.tenant_id),
               'tenants_more', cardinality(q.tenants) > p_tenants)
             || app.tally_queue(p_shard, q.queue, p_cap) order by q.nr)
        from (select n.queue, n.nr, app.busy_tenants(p_shard, n.queue, p_tenants + 1) as tenants
                from unnest(enum_range(null::app.queue_name)) with ordinality as n (queue, nr) offset 0) as q),
    'pauses', (
      select coalesce(jsonb_agg(jsonb_build_object('queue', p.queue, 'tenant_id', nullif(p.tenant_id, v_nil), 'lane_id', nullif(p.lane_id, v_nil),
               'tenant', (select t.slug from public.tenants t where t.id = p.tenant_id), 'reason', p.reason, 'paused_at', p.paused_at)
               order by p.paused_at), '[]')
        from (select p.* from app.queue_pause p where p.shard = p_shard
               order by p.shard, p.queue, p.tenant_id, p.lane_id limit 200) as p),
    'workers', (
      select coalesce(jsonb_agg(jsonb_build_object('id', w.id, 'kind', w.kind, 'started_at', w.started_at, 'heartbeat_at', w.heartbeat_at,
               'alive', w.heartbeat_at > v_now - interval '15 seconds') order by w.heartbeat_at desc, w.id), '[]')
        from (select w.* from app.workers w order by w.heartbeat_at desc limit 100) as w));
end;
$$;

revoke execute on function public.queue_overview from public;
grant execute on function public.queue_overview to service_role;

-- 90_health/replay_dead_letter.sql
-- Puts a dead letter back at the end of its lane: app.replay_dead_letter. In `public`, because the page on the queue
-- does it through the API; for the service role only. Called by: packages/simulator, over POST /rest/v1/rpc/replay_dead_letter.
create function public.replay_dead_letter (
  p_shard smallint,
  p_id    uuid
)
  returns bigint
  language sql
  set search_path = ''
as $$
  select app.replay_dead_letter(p_shard, p_id);
$$;

revoke execute on function public.replay_dead_letter from public;
grant execute on function public.replay_dead_letter to service_role;

-- 90_health/replay_dead_letters.sql
-- Replays the dead letters that a filter finds: app.replay_dead_letters. In `public`, because the page on the queue
-- does it through the API; for the service role only. Called by: packages/simulator, over POST /rest/v1/rpc/replay_dead_letters.
create function public.replay_dead_letters (
  p_shard     smallint,
  p_queue     text        default null,
  p_tenant_id uuid        default null,
  p_since     timestamptz default null,
  p_code      text        default null,
  p_limit     integer     default 100
)
  returns integer
  language sql
  set search_path = ''
as $$
  select app.replay_dead_letters(p_shard, p_queue::app.queue_name, p_tenant_id, p_since, p_code, p_limit);
$$;

revoke execute on function public.replay_dead_letters from public;
grant execute on function public.replay_dead_letters to service_role;

-- 90_health/resume_queue.sql
-- Lifts a pause: app.resume_queue. In `public`, because the page on the queue
-- does it through the API; for the service role only. Called by: packages/simulator, over POST /rest/v1/rpc/resume_queue.
create function public.resume_queue (
  p_shard     smallint,
  p_queue     text,
  p_tenant_id uuid default null,
  p_lane_id   uuid default null
)
  returns boolean
  language sql
  set search_path = ''
as $$
  select app.resume_queue(p_shard, p_queue::app.queue_name, p_tenant_id, p_lane_id);
$$;

revoke execute on function public.resume_queue from public;
grant execute on function public.resume_queue to service_role;

-- 90_health/tally_queue.sql
-- How many lanes of a queue are in each state, and how many messages wait in it. Nothing is counted beyond p_cap, stretch
-- by stretch of the indexes, so that its work does not grow with what waits.
-- Returns due, resting, backing_off, leased, expired, parked; waiting: messages not done; more: which stretches hold more
-- than was counted (`due`, `later` for resting and backing_off, `leased` for leased and expired, `parked`, `waiting`);
-- oldest_at: when the oldest message of the counted lanes came; due_since: since when the first lane is due; next_at: when
-- the next one will be. Called by: queue_overview.
create function app.tally_queue (
  p_shard smallint,
  p_queue app.queue_name,
  p_cap   integer
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_sort = off
as $$
declare
  v_now   timestamptz := app.now();
  v_tally jsonb;
begin
  select jsonb_build_object(
           'due', least(d.lanes, p_cap), 'resting', w.resting, 'backing_off', w.backing_off, 'leased', l.leased, 'expired', l.expired,
           'parked', least(p.lanes, p_cap), 'waiting', least(m.messages, p_cap),
           'oldest_at', least(d.oldest_at, w.oldest_at, l.oldest_at, p.oldest_at), 'due_since', d.due_since, 'next_at', w.next_at,
           'more', array_remove(array[case when d.lanes > p_cap then 'due' end, case when w.lanes > p_cap then 'later' end,
             case when l.lanes > p_cap then 'leased' end, case when p.lanes > p_cap then 'parked' end,
             case when m.messages > p_cap then 'waiting' end], null))
    into v_tally
    from (select count(*) as lanes, min(x.at) as due_since, min(x.burst_at) as oldest_at
            from (select r.at, r.burst_at from app.queue_ready r
                   where r.shard = p_shard and r.queue = p_queue and r.leased_by is null and r.at < 'infinity' and r.at <= v_now
                   order by r.at limit p_cap + 1) as x) as d
    cross join (
      select count(*) as lanes, count(*) filter (where x.tries = 0) as resting, count(*) filter (where x.tries > 0) as backing_off,
             min(x.at) as next_at, min(x.burst_at) as oldest_at
        from (select r.at, r.burst_at, r.tries from app.queue_ready r
               where r.shard = p_shard and r.queue = p_queue and r.leased_by is null and r.at < 'infinity' and r.at > v_now
               order by r.at limit p_cap + 1) as x) as w
    cross join (
      select count(*) as lanes, count(*) filter (where x.at > v_now) as leased, count(*) filter (where x.at <= v_now) as expired,
             min(x.burst_at) as oldest_at
        from (select r.at, r.burst_at from app.queue_ready r
               where r.shard = p_shard and r.queue = p_queue and r.leased_by is not null
               order by r.at limit p_cap + 1) as x) as l
    cross join (
      select count(*) as lanes, min(x.burst_at) as oldest_at
        from (select r.burst_at from app.queue_ready r
               where r.shard = p_shard and r.queue = p_queue and r.parked_at is not null
               order by r.tenant_id limit p_cap + 1) as x) as p
    cross join (
      select count(*) as messages
        from (select from app.message_queue q
               where q.shard = p_shard and q.queue = p_queue order by q.lane_id, q.seq limit p_cap + 1) as x) as m;
  return v_tally;
end;
$$;

revoke execute on function app.tally_queue from public;
grant execute on function app.tally_queue to service_role;

-- 90_health/tally_tenants.sql
-- The same as tally_queue for each of p_tenants in a queue: of each, up to p_cap lanes that nobody holds and p_cap parked
-- ones, and its part of the first 10,000 leases. waiting counts the messages of the counted lanes that nobody holds.
-- Returns one row a tenant. Called by: queue_overview.
create function app.tally_tenants (
  p_shard   smallint,
  p_queue   app.queue_name,
  p_tenants uuid[],
  p_cap     integer
)
  returns table (tenant_id uuid, tally jsonb)
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
declare
  v_now timestamptz := app.now();
begin
  return query
  with lease as materialized (
    select x.tenant_id, count(*) filter (where x.at > v_now) as leased, count(*) filter (where x.at <= v_now) as expired,
           min(x.burst_at) as oldest_at
      from (select r.tenant_id, r.at, r.burst_at from app.queue_ready r
             where r.shard = p_shard and r.queue = p_queue and r.leased_by is not null
             order by r.at limit 10000) as x
     group by x.tenant_id
  )
  select t.id, jsonb_build_object(
           'due', f.due, 'resting', f.resting, 'backing_off', f.backing_off, 'leased', coalesce(l.leased, 0), 'expired', coalesce(l.expired, 0),
           'parked', least(p.lanes, p_cap), 'waiting', f.waiting + p.waiting,
           'oldest_at', least(f.oldest_at, l.oldest_at, p.oldest_at), 'due_since', f.due_since, 'next_at', f.next_at,
           'more', array_remove(array[case when f.lanes > p_cap then 'due' end, case when f.lanes > p_cap then 'later' end,
             case when p.lanes > p_cap then 'parked' end, case when f.lanes > p_cap or p.lanes > p_cap then 'waiting' end], null))
    from unnest(p_tenants) as t (id)
    cross join lateral (
      select count(*) as lanes, count(*) filter (where x.at <= v_now) as due,
             count(*) filter (where x.at > v_now and x.tries = 0) as resting, count(*) filter (where x.at > v_now and x.tries > 0) as backing_off,
             coalesce(sum(n.tail - x.done), 0) as waiting, min(x.burst_at) as oldest_at,
             min(x.at) filter (where x.at <= v_now) as due_since, min(x.at) filter (where x.at > v_now) as next_at
        from (select r.lane_id, r.at, r.burst_at, r.tries, r.done from app.queue_ready r
               where r.shard = p_shard and r.queue = p_queue and r.tenant_id = t.id and r.leased_by is null and r.parked_at is null
               order by r.priority, r.at limit p_cap + 1) as x
        left join app.queue_lane n on n.shard = p_shard and n.queue = p_queue and n.lane_id = x.lane_id) as f
    cross join lateral (
      select count(*) as lanes, coalesce(sum(n.tail - x.done), 0) as waiting, min(x.burst_at) as oldest_at
        from (select r.lane_id, r.burst_at, r.done from app.queue_ready r
               where r.shard = p_shard and r.queue = p_queue and r.tenant_id = t.id and r.parked_at is not null
               limit p_cap + 1) as x
        left join app.queue_lane n on n.shard = p_shard and n.queue = p_queue and n.lane_id = x.lane_id) as p
    left join lease l on l.tenant_id = t.id;
end;
$$;

revoke execute on function app.tally_tenants from public;
grant execute on function app.tally_tenants to service_role;

-- 90_health/wake_lane.sql
-- Makes a waiting lane claimable at once: app.wake_lane. In `public`, because the page on the queue
-- does it through the API; for the service role only. Called by: packages/simulator, over POST /rest/v1/rpc/wake_lane.
create function public.wake_lane (
  p_shard   smallint,
  p_queue   text,
  p_lane_id uuid
)
  returns void
  language sql
  set search_path = ''
as $$
  select app.wake_lane(p_shard, p_queue::app.queue_name, p_lane_id);
$$;

revoke execute on function public.wake_lane from public;
grant execute on function public.wake_lane to service_role;

-- 90_health/workflow_health.sql
-- Workflows by shard, name and status: every open one, and those that finished within a day.
-- stuck: its timer should have rung (a person who has taken over puts it off), or it runs and nothing was written for 15 minutes.
-- oldest_s: the age of the oldest one that is open; null for a status that is an end. Called by: monitoring, people.
create view app.workflow_health with (security_invoker = true) as
  select w.shard, w.workflow, w.status,
         count(*) as workflows,
         count(*) filter (where w.status = 'waiting' and coalesce(w.wake_at, w.expires_at) < c.now
                             or w.status = 'running' and w.updated_at < c.now - interval '15 minutes')  as stuck,
         case when w.status in ('running', 'waiting')
              then greatest(extract(epoch from max(c.now) - min(w.created_at)), 0)::double precision end as oldest_s,
         max(w.updated_at)                                                                              as last_change_at
    from (select app.now() as now offset 0) as c
    cross join (
      select o.shard, o.workflow, o.status, o.expires_at, o.wake_at, o.created_at, o.updated_at
        from app.workflow_states o
       where o.finished_at is null
      union all
      select f.shard, f.workflow, f.status, f.expires_at, f.wake_at, f.created_at, f.updated_at
        from app.workflow_states f
       where f.finished_at between (select app.now()) - interval '24 hours' and (select app.now())
    ) as w
   group by w.shard, w.workflow, w.status;
comment on view app.workflow_health is 'Workflows by name and status: open ones, and those finished within 24 hours.';

grant select on app.workflow_health to service_role;

-- 95_sweeping/10_sweeping.sql
-- How long what is done with is kept, and which process tidies up.

-- The one place for it, for all tenants. `history_tables` says which of them are dropped by the day.
create table app.retention (
  what text     primary key,
  keep interval not null check (keep >= interval '1 day')
);
comment on table app.retention is 'How long what is done with is kept; set_retention changes it.';
insert into app.retention (what, keep) values
  ('queue_history', '7 days'),
  -- Longer than any provider repeats itself (Meta: 7 days).
  ('processed_messages', '30 days'),
  -- From the day on which it happened, so that an item that came a week late can be looked at for another week.
  ('webhook_events', '14 days'),
  ('audit_logs', '400 days'),
  ('orphan_statuses', '7 days'),
  -- Those that were replayed or discarded; open ones stay.
  ('queue_dead_letter', '7 days'),
  ('queue_idempotency', '7 days'),
  -- Those that have ended, with their steps.
  ('workflow_states', '30 days');

-- Who does what only one process is to do: a lease with a fencing token, renewed while its leader lives.
create table app.leaders (
  job        text        primary key check (length(job) between 1 and 100),
  leader     text        not null,
  token      bigint      not null,
  elected_at timestamptz not null,
  expires_at timestamptz not null
) with (fillfactor = 50);
comment on table app.leaders is 'One process for each job that only one is to do, until its lease ends.';

alter table app.retention enable row level security;
alter table app.leaders enable row level security;
grant select, insert, update, delete on app.retention, app.leaders to service_role;

-- 95_sweeping/add_partition.sql
-- Makes the partition of a table for a day (UTC), with the table's indexes and row level security, reachable for nobody
-- but through the table. Returns whether it did: not when it is there, and not when rows of that day are in the default
-- partition already; these stay there until they are old, so nothing is moved and nobody waits for it.
-- Raises 55P03 when somebody holds the default partition for longer than lock_timeout.
-- Locks: the table (share update exclusive: rows go in meanwhile), its default partition (access exclusive, while it is
-- read through, which is empty but after an outage of the sweeper), tables it refers to (share row exclusive).
-- Called by: prepare_history, with its rights; nobody else may create tables.
create function app.add_partition (
  p_table      text,
  p_day_column text,
  p_day        date
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
declare
  -- The table may be one that members see; its partitions are in app, where only the engine sees them.
  v_table regclass := coalesce(to_regclass(format('app.%I', p_table)), to_regclass(format('public.%I', p_table)));
  v_name text := format('%s_%s', p_table, to_char(p_day, 'YYYYMMDD'));
  v_from text := format('%s 00:00:00+00', p_day);
  v_upto text := format('%s 00:00:00+00', p_day + 1);
  v_late boolean;
begin
  if to_regclass(format('app.%I', v_name)) is not null then
    return false;
  end if;
  execute format('select exists (select from app.%I where %I >= %L and %I < %L)', p_table || '_default', p_day_column, v_from,
    p_day_column, v_upto) into v_late;
  if v_late then
    return false;
  end if;

  -- Made apart and attached, because `create table ... partition of` keeps everybody off the table.
  execute format('create table app.%I (like %s including all)', v_name, v_table);
  execute format('alter table app.%I enable row level security', v_name);
  execute format('alter table %s attach partition app.%I for values from (%L) to (%L)', v_table, v_name, v_from, v_upto);
  return true;
end;
$$;

revoke execute on function app.add_partition from public;
grant execute on function app.add_partition to service_role;

-- 95_sweeping/call_queue_worker.sql
-- Calls the queue-worker function through pg_net when work is due and no runner is alive to do it, so that a project
-- without a runner is never deaf. Address and key come out of Vault, as Supabase documents it: the secrets `project_url`
-- and `queue_worker_key` (a secret key of its own: pg_net's table of requests can be read in the database for a while).
-- Returns the number of pg_net's request; null when there is nothing to do, or something is missing (pg_net, Vault, a secret),
-- which a warning names. Whatever the function answers, the next minute asks again. Called by: pg_cron.
create function app.call_queue_worker ()
  returns bigint
  language plpgsql
  set search_path = ''
as $$
declare
  -- Names in variables, because these schemas are not there on plain Postgres, and a check of this function would look for them.
  v_vault   text := 'vault.decrypted_secrets';
  v_post    text := 'net.http_post';
  v_url     text;
  v_key     text;
  v_request bigint;
begin
  if app.runner_is_alive() or not exists (
       select from (select distinct shard from public.tenants) as t
                cross join unnest(enum_range(null::app.queue_name)) as queue
        where app.next_queue_at(t.shard, queue) <= app.now()) then
    return null;
  end if;

  if to_regproc(v_post) is null or to_regclass(v_vault) is null then
    raise warning 'work is due, no runner is alive, and the queue-worker function cannot be called: pg_net and Vault are needed for it';
    return null;
  end if;
  execute format('select max(decrypted_secret) filter (where name = %L), max(decrypted_secret) filter (where name = %L) from %s',
    'project_url', 'queue_worker_key', v_vault) into v_url, v_key;
  if v_url is null or v_key is null then
    raise warning 'work is due, no runner is alive, and the queue-worker function cannot be called: store project_url and queue_worker_key in Vault';
    return null;
  end if;

  execute format('select %s(url => $1, headers => $2, timeout_milliseconds => 5000)', v_post)
    using rtrim(v_url, '/') || '/functions/v1/queue-worker', jsonb_build_object('content-type', 'application/json', 'apikey', v_key)
    into v_request;
  return v_request;
end;
$$;

revoke execute on function app.call_queue_worker from public;
grant execute on function app.call_queue_worker to service_role;

-- 95_sweeping/drop_old_history.sql
-- Drops the partitions that ended p_age ago (null: what app.retention says of their table), whole: no row is deleted, no
-- page is left to vacuum. Only the default partitions, which take what has no day of its own, are emptied row by row, at
-- most p_limit of each. A partition that somebody reads, or a table in which a transaction is open, is left to the next call.
-- Returns {dropped: [names], busy: [names], deleted: rows}. Idempotent; one at a time, the others get null at once.
-- Runs with its owner's rights, who owns the tables.
-- Locks: as prepare_history; the table and its partition (access exclusive, waited for at most 100 ms, so that is how long
-- a completion can be held up), then nothing is left to do but to take it out of the catalog.
-- Called by: sweep_history.
create function app.drop_old_history (
  p_age   interval default null,
  p_limit integer  default 10000
)
  returns jsonb
  language plpgsql
  security definer
  set search_path = ''
  set lock_timeout = '100ms'
as $$
declare
  v_old     record;
  v_dropped text[] := '{}';
  v_busy    text[] := '{}';
  v_deleted integer := 0;
  v_count   integer;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('switchboard history', 0)) then
    return null;
  end if;

  for v_old in
    select h.name, h.since_column, app.now() - coalesce(p_age, r.keep) as before, partition.names
      from app.history_tables() as h
      join app.retention r on r.what = h.name
      cross join lateral (
        select array_agg(c.relname order by c.relname) as names
          from pg_catalog.pg_inherits i
          join pg_catalog.pg_class c on c.oid = i.inhrelid
         where i.inhparent in (to_regclass(format('app.%I', h.name)), to_regclass(format('public.%I', h.name))) and c.relname ~ '_\d{8}$'
           and (to_date(right(c.relname, 8), 'YYYYMMDD') + 1)::timestamp at time zone 'UTC' <= app.now() - coalesce(p_age, r.keep)
      ) as partition
     order by h.name
  loop
    execute format('delete from app.%1$I where ctid in (select ctid from app.%1$I where %2$I < $1 limit $2)', v_old.name || '_default', v_old.since_column)
      using v_old.before, p_limit;
    get diagnostics v_count = row_count;
    v_deleted := v_deleted + v_count;

    for n in 1 .. coalesce(cardinality(v_old.names), 0) loop
      begin
        execute format('drop table app.%I', v_old.names[n]);
        v_dropped := v_dropped || v_old.names[n]::text;
      exception when lock_not_available then
        v_busy := v_busy || v_old.names[n]::text;
        exit;
      end;
    end loop;
  end loop;
  return jsonb_build_object('dropped', v_dropped, 'busy', v_busy, 'deleted', v_deleted);
end;
$$;

revoke execute on function app.drop_old_history from public;
grant execute on function app.drop_old_history to service_role;

-- 95_sweeping/history_tables.sql
-- The tables with a partition for each day: the column that says which, and the one that says since when a row is there.
-- Called by: prepare_history, drop_old_history.
create function app.history_tables ()
  returns table (name text, day_column text, since_column text)
  language sql
  immutable
  set search_path = ''
as $$
  values ('queue_history', 'finished_at', 'finished_at'),
         ('processed_messages', 'occurred_on', 'processed_at'),
         ('webhook_events', 'occurred_on', 'received_at'),
         ('audit_logs', 'created_at', 'created_at');
$$;

revoke execute on function app.history_tables from public;
grant execute on function app.history_tables to service_role;

-- 95_sweeping/lead.sql
-- Makes p_worker the leader of a job when it has none, or renews its lease when it is the leader.
-- Returns its fencing token, the same for as long as it leads; null while somebody else does.
-- Locks: the job's row; whoever is not the leader only reads. Called by: commons/work/sweep.ts.
create function app.lead (
  p_job    text,
  p_worker text,
  p_ttl    interval
)
  returns bigint
  language plpgsql
  set search_path = ''
as $$
declare
  v_now   timestamptz := app.now();
  v_token bigint;
begin
  if exists (select from app.leaders where job = p_job and leader <> p_worker and expires_at > v_now) then
    return null;
  end if;

  insert into app.leaders as l (job, leader, token, elected_at, expires_at)
  values (p_job, p_worker, nextval('app.fencing_token'), v_now, v_now + p_ttl)
  on conflict (job) do update
    -- Under the row's lock, so that a later leader has the greater token. Who comes back after its lease ended is elected anew.
    set leader     = excluded.leader,
        token      = case when l.expires_at > v_now then l.token else nextval('app.fencing_token') end,
        elected_at = case when l.expires_at > v_now then l.elected_at else v_now end,
        expires_at = excluded.expires_at
    where l.leader = excluded.leader or l.expires_at <= v_now
  returning l.token into v_token;
  return v_token;
end;
$$;

revoke execute on function app.lead from public;
grant execute on function app.lead to service_role;

-- 95_sweeping/prepare_history.sql
-- Makes the partitions from yesterday to p_days_ahead days ahead that are missing. What somebody else is in the way of
-- is left to the next call; so is all but the first one of a table whose default partition has grown past 8 MB, because each one
-- reads it through and keeps everybody off it meanwhile. Returns how many it made. Idempotent; one at a time, the others get 0 at once.
-- Runs with its owner's rights, who owns the tables: the service role may write rows and create nothing.
-- Locks: of prepare_history and drop_old_history one at a time (advisory, never waited for), then those of
-- add_partition, for each at most 100 ms. Called by: the migration, sweep_history.
create function app.prepare_history (
  p_days_ahead integer default 3
)
  returns integer
  language plpgsql
  security definer
  set search_path = ''
  set lock_timeout = '100ms'
as $$
declare
  v_today date := app.now() at time zone 'UTC';
  v_table record;
  v_made  integer := 0;
  v_later text[] := '{}';
begin
  if not pg_try_advisory_xact_lock(hashtextextended('switchboard history', 0)) then
    return 0;
  end if;

  for v_table in
    select h.name, h.day_column, v_today + n as day
      from app.history_tables() as h cross join generate_series(-1, p_days_ahead) as n
     order by h.name, n
  loop
    continue when v_table.name = any (v_later);
    begin
      if app.add_partition(v_table.name, v_table.day_column, v_table.day) then
        v_made := v_made + 1;
        if pg_relation_size(format('app.%I', v_table.name || '_default')) > 8 * 1024 * 1024 then
          v_later := v_later || v_table.name;
        end if;
      end if;
    exception when lock_not_available then
      continue;
    end;
  end loop;
  return v_made;
end;
$$;

revoke execute on function app.prepare_history from public;
grant execute on function app.prepare_history to service_role;

-- 95_sweeping/resign.sql
-- Gives the leadership of a job back, so that somebody else can take it at once. Returns whether p_worker had it.
-- Idempotent. Locks: the job's row. Called by: a runner that stops in order.
create function app.resign (
  p_job    text,
  p_worker text
)
  returns boolean
  language plpgsql
  set search_path = ''
as $$
begin
  delete from app.leaders where job = p_job and leader = p_worker;
  return found;
end;
$$;

revoke execute on function app.resign from public;
grant execute on function app.resign to service_role;

-- 95_sweeping/schedule_sweeps.sql
-- Lets pg_cron sweep where there is one: every shard every minute, the history every ten, and a call of the queue-worker
-- function every minute. Jobs have names, so that a second call changes them and makes no more of them.
-- Returns the names of the jobs; none without pg_cron, where the leader among the runners sweeps. Both may be at it: nothing is swept
-- by two at once, and a second sweep finds nothing to do. The jobs run as whoever calls this: the owner of the schema.
-- Called by: the migration; whoever adds pg_cron later.
create function app.schedule_sweeps ()
  returns text[]
  language plpgsql
  set search_path = ''
as $$
declare
  -- In a variable, because plain Postgres has no schema cron, and a check of this function would look for it.
  v_schedule text := 'cron.schedule';
  v_job      record;
  v_names    text[] := '{}';
begin
  if to_regprocedure(v_schedule || '(text,text,text)') is null then
    return v_names;
  end if;

  for v_job in
    select * from (values
      ('switchboard sweep', '* * * * *',
       'select app.sweep(t.shard) from (select distinct shard from public.tenants order by shard) as t'),
      ('switchboard history', '*/10 * * * *', 'select app.sweep_history()'),
      ('switchboard queue-worker', '* * * * *', 'select app.call_queue_worker()')
    ) as j (name, schedule, command)
  loop
    execute format('select %s($1, $2, $3)', v_schedule) using v_job.name, v_job.schedule, v_job.command;
    v_names := v_names || v_job.name;
  end loop;
  return v_names;
end;
$$;

revoke execute on function app.schedule_sweeps from public;
grant execute on function app.schedule_sweeps to service_role;

-- 95_sweeping/set_retention.sql
-- Changes how long something is kept, at least a day. Takes effect with the next sweep; what was dropped is gone.
-- p_what: a row of app.retention. Raises SB404 when there is no such row, 23514 for less than a day. Called by: people.
create function app.set_retention (
  p_what text,
  p_keep interval
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  update app.retention set keep = p_keep where what = p_what;
  if not found then
    raise exception sqlstate 'SB404'
      using message = format('nothing called %s is kept for a time; there are: %s', p_what, (select string_agg(what, ', ' order by what) from app.retention));
  end if;
end;
$$;

revoke execute on function app.set_retention from public;
grant execute on function app.set_retention to service_role;

-- 95_sweeping/sweep.sql
-- Sweeps a shard: moves scheduled work that is due, heals lanes that nobody would come back to, forgets leases that ran out, sets
-- timers of workflows that were lost, and removes what the queues leave behind. The same for everybody who sweeps, and never two at once.
-- p_token: of the leader that calls (app.lead); null for pg_cron, which needs none. p_limit: rows of a kind; call again while `more`.
-- Returns {promoted, healed: [{healed, queue, lane_id}], locks, timers, removed: {...}, more}; null when somebody is sweeping the shard.
-- Raises SB001 when the leader of that token is not the leader any more. Idempotent.
-- Locks: one sweeper a shard (advisory, never waited for), then those of promote_scheduled, which waits for lanes; all else is
-- taken with skip locked or only when it is free. Called by: the leader among the runners, the queue-worker function, pg_cron.
create function app.sweep (
  p_shard smallint,
  p_token bigint  default null,
  p_limit integer default 1000
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_promoted integer;
  v_healed   jsonb;
  v_locks    integer;
  v_timers   integer;
  v_removed  jsonb;
begin
  if p_token is not null and not exists (select from app.leaders where token = p_token and expires_at > app.now()) then
    raise exception sqlstate 'SB001' using message = format('the leader with token %s is not the leader any more', p_token);
  end if;
  if not pg_try_advisory_xact_lock(hashtextextended('switchboard sweep', p_shard)) then
    return null;
  end if;

  v_promoted := app.promote_scheduled(p_shard, p_limit);
  select coalesce(jsonb_agg(to_jsonb(h)), '[]') into v_healed from app.cleanup_stuck_webhook_conversations(p_shard) as h;
  v_locks := app.cleanup_stale_message_locks(p_shard, p_limit);
  v_timers := app.heal_workflow_timers(p_shard, p_limit);
  v_removed := app.cleanup_old_messages(p_shard, p_limit => p_limit);
  return jsonb_build_object('promoted', v_promoted, 'healed', v_healed, 'locks', v_locks, 'timers', v_timers, 'removed', v_removed,
    'more', p_limit <= any (array[v_promoted, v_locks] || array(select value::integer from jsonb_each_text(v_removed))));
end;
$$;

revoke execute on function app.sweep from public;
grant execute on function app.sweep to service_role;

-- 95_sweeping/sweep_history.sql
-- Makes the partitions of the days to come and drops those of the days that are over: what sweep is for a shard, once for
-- the whole database. In a transaction of its own: the locks on the tables last until it ends.
-- Returns {prepared, dropped, busy, deleted}. Idempotent. Locks: those of prepare_history, then of drop_old_history.
-- Called by: the leader among the runners, the queue-worker function, pg_cron.
create function app.sweep_history ()
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
begin
  return jsonb_build_object('prepared', app.prepare_history()) || coalesce(app.drop_old_history(), '{}');
end;
$$;

revoke execute on function app.sweep_history from public;
grant execute on function app.sweep_history to service_role;

-- 99_start/10_start.sql
-- What has to happen once everything above is there: the first partitions, the sweeps where pg_cron can run
-- them, and the bucket of the files where there is Storage.
select app.prepare_history();

-- Taken where the server offers them, as on Supabase. Where they are offered and cannot be had (pg_cron has to be
-- preloaded), the leader among the runners sweeps; `select app.schedule_sweeps()` makes up for it later.
do $$
declare
  v_extension record;
begin
  for v_extension in
    select e.name, e.schema
      from (values ('pg_cron', 'pg_catalog'), ('pg_net', 'extensions')) as e (name, schema)
     where exists (select from pg_catalog.pg_available_extensions a where a.name = e.name)
       and not exists (select from pg_catalog.pg_extension x where x.extname = e.name)
  loop
    begin
      if to_regnamespace(v_extension.schema) is null then
        execute format('create schema %I', v_extension.schema);
      end if;
      execute format('create extension %I with schema %I', v_extension.name, v_extension.schema);
    exception when others then
      raise warning 'extension % could not be created: %', v_extension.name, sqlerrm;
    end;
  end loop;
end;
$$;

select app.schedule_sweeps();
select app.prepare_storage();
