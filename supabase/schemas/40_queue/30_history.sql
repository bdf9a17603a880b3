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
