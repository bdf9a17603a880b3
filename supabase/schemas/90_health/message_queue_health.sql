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
