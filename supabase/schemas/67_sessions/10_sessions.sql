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
