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
