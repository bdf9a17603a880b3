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
