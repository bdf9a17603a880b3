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
