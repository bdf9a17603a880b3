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
