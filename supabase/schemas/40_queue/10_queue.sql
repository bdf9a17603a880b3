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
