-- The state of Switchboard in 14 questions to Postgres. Run the whole file, `psql "$SUPABASE_DB_URL" -f <this file>`, or any
-- one of them in an SQL editor: each begins with `-- name:`, stands for itself, changes nothing and takes no locks that
-- anybody waits for. They need the rights of `postgres` or `service_role`.
--
-- How they stay fast when millions of rows are behind: the queue's depth is read off its cursors; what happened lately is
-- found by block range indexes on the time, always as `between (select app.now()) - ... and (select app.now())` (a bound at
-- both ends, so that the planner expects few rows; app.now() in a sub-select, because a volatile function itself
-- cannot be looked up in an index); from there it goes row by row over primary keys (`offset 0` keeps it so).

-- name: stuck_workflows
-- Shows: workflows whose timer should have rung or that did not move for 15 minutes, and turns that have not been answered 5 minutes
-- after their first message, the longest waiting first, at most 100 of each.
-- Healthy: no rows. During an outage of the agent or a model, turns stand here with their error and their tries: they are
-- retried by themselves for about three quarters of an hour.
-- When not: a turn with an error: see breaker_status and top_errors_last_hour for the agent. A turn without an error and with
-- many tries: its workers die over it, look at their logs for the correlation id. A workflow: look at its `step`; its
-- timer is a queue message `workflow_timer` of its conversation: see dlq_analysis, and whether a worker runs. A timer that was
-- lost is set anew by the sweep.
select *
  from (
    select 'workflow' as kind, w.shard, w.tenant_id, w.conversation_id, w.workflow as name, w.step,
           case w.status when 'waiting' then 'nobody timed it out' else 'nothing was written for 15 minutes' end as why,
           null::text as correlation_id,
           round(extract(epoch from (select app.now()) - case w.status when 'waiting' then coalesce(w.wake_at, w.expires_at) else w.updated_at end)) as stuck_s
      from app.workflow_states w
     where w.finished_at is null
       and (w.status = 'waiting' and coalesce(w.wake_at, w.expires_at) < (select app.now())
            or w.status = 'running' and w.updated_at < (select app.now()) - interval '15 minutes')
     order by stuck_s desc
     limit 100
  ) as workflows
union all
select *
  from (
    select 'turn', t.shard, t.tenant_id, t.conversation_id, t.service, format('try %s', t.tries),
           coalesce(t.error ->> 'message', 'no answer yet'), t.correlation_id,
           round(extract(epoch from (select app.now()) - r.burst_at))
      from (
        select q.shard, q.lane_id, q.done, q.burst_at
          from app.queue_ready q
         where q.queue = 'inbound' and q.burst_at < (select app.now()) - interval '5 minutes'
         order by q.burst_at
         limit 100
      ) as r
      cross join lateral (
        select *
          from app.turns w
         where w.shard = r.shard and w.conversation_id = r.lane_id and w.first_seq = r.done + 1 and w.status in ('working', 'superseded')
        offset 0
      ) as t
  ) as turns
 order by stuck_s desc;

-- name: queue_health
-- Shows: what waits in each queue, by tenant: `waiting` pieces of work in `lanes` conversations, and the state of these lanes.
-- Healthy: `due` near 0 (somebody takes what is due at once), `expired` 0, `oldest_waiting_s` below 30, `dead_letters_24h` 0.
-- When not: `due` grows: start more runners, or raise QUEUE_CONCURRENCY; when it is one tenant's only, its agent is slow
-- (agent_performance). `expired` stays: no worker is left (stale_locks). `backing_off`: see top_errors_last_hour. `parked`: a
-- pause keeps it back until somebody resumes it.
select h.shard, h.queue, coalesce(h.tenant, h.tenant_id::text) as tenant, h.waiting, h.lanes, h.due, h.parked, h.resting, h.backing_off, h.leased,
       h.expired, round(h.oldest_waiting_s::numeric, 1) as oldest_waiting_s, h.most_tries, h.dead_letters_24h,
       case when h.expired > 0 then 'workers died'
            when h.oldest_waiting_s > 30 and h.due > 0 then 'falls behind'
            when h.dead_letters_24h > 0 then 'has dead letters'
            when h.backing_off > 0 then 'is retrying'
            when h.parked > 0 then 'is paused'
            else 'ok' end as verdict
  from app.message_queue_health h
 order by h.expired > 0 desc, h.oldest_waiting_s desc, h.dead_letters_24h desc, h.queue, h.tenant;

-- name: dead_letters
-- Shows: work that failed to its last try and was not replayed, by queue, tenant and error.
-- Healthy: no rows.
-- When not: mend what `message` names, then put the work back, oldest first: `select app.replay_dead_letter(shard, id)`.
-- Customers whose turns stand here have had no answer; a person was asked for in their conversations (conversation_state).
select d.shard, d.queue, coalesce(t.slug, d.tenant_id::text) as tenant, d.kind, coalesce(d.error ->> 'code', d.error ->> 'name', '-') as code,
       left(min(d.error ->> 'message'), 200) as message, count(*) as letters, max(d.tries) as tries,
       min(d.dead_at) as first_at, max(d.dead_at) as last_at, (array_agg(d.id order by d.dead_at))[1] as oldest_id
  from app.queue_dead_letter d
  left join public.tenants t on t.id = d.tenant_id
 where d.replayed_at is null
 group by d.shard, d.queue, coalesce(t.slug, d.tenant_id::text), d.kind, coalesce(d.error ->> 'code', d.error ->> 'name', '-')
 order by letters desc, last_at desc
 limit 100;

-- name: agent_performance
-- Shows: what each agent did today and yesterday (UTC): turns, how many failed or needed another try, how long it took, tokens.
-- Healthy: failed_percent 0, retried_percent below 1, agent_ms_p95 below 10000 and below the service's timeout.
-- When not: failures: top_errors_last_hour. A p95 near the timeout: a slower model, tools that hang, or too few copies of the
-- agent (breaker_status). Many skipped turns are no fault: a person had taken over, or the agent chose to stay silent. Many
-- superseded answers (dropped because the customer wrote more): customers write in pieces, raise burst_quiet_ms.
select u.day, u.agent, u.turns, u.answered, u.skipped, u.failed, u.working, u.superseded,
       round(100.0 * u.failed / u.turns, 2) as failed_percent, round(100.0 * u.retries / u.turns, 2) as retried_percent,
       u.agent_ms_p50, u.agent_ms_p95, s.timeout_ms, u.input_tokens, u.output_tokens,
       round(u.output_tokens / nullif(u.answered, 0)::numeric) as output_tokens_per_answer
  from app.ai_agent_usage u
  left join app.services s on s.name = u.agent
 where u.day >= ((select app.now()) at time zone 'UTC')::date - 1
 order by u.day desc, u.turns desc;

-- name: conversation_state
-- Shows: the conversations in which anything was said within 24 hours, by the state that each is in now.
-- Healthy: most are `answered`; `in work` is small; `unanswered` is 0.
-- When not: `unanswered`: the customer spoke last, nothing is queued, no person is there. Either it came while a person had
-- taken over, or it is of a kind that wakes no agent; anything else is a defect: `example` is the conversation to look at.
-- `a person was asked for`: somebody should look, for `oldest_s` seconds already.
select s.state, count(*) as conversations, count(distinct s.tenant_id) as tenants,
       round(extract(epoch from (select app.now()) - min(s.since))) as oldest_s,
       (array_agg(s.conversation_id order by s.since))[1] as example
  from (
    select c.id as conversation_id, c.tenant_id,
           case when c.agent_paused_until > (select app.now()) then 'a person has taken over'
                when c.person_requested_at is not null then 'a person was asked for'
                when exists (select from app.queue_ready r where r.shard = c.shard and r.queue = 'inbound' and r.lane_id = c.id) then 'in work'
                when m.author = 'customer' and m.turn_id is null and m.revoked_at is null
                     and m.type not in ('reaction', 'edit', 'revoke') then 'unanswered'
                when m.status in ('FAILED', 'UNKNOWN', 'PARKED') then 'the answer did not arrive'
                else 'answered' end as state,
           case when c.agent_paused_until > (select app.now()) then c.last_message_at
                else coalesce(c.person_requested_at, c.last_message_at) end as since
      from (
        select distinct x.shard, x.conversation_id
          from public.messages x
         where x.created_at between (select app.now()) - interval '24 hours' and (select app.now())
      ) as active
      cross join lateral (
        select * from public.conversations k where k.shard = active.shard and k.id = active.conversation_id offset 0
      ) as c
      cross join lateral (
        select y.author, y.turn_id, y.revoked_at, y.type, y.status
          from public.messages y
         where y.shard = c.shard and y.conversation_id = c.id and y.position = c.last_position
        offset 0
      ) as m
  ) as s
 group by s.state
 order by conversations desc;

-- name: latency
-- Shows: how long the steps of an answer took within the last hour, in milliseconds, for every reply of an agent: from the
-- commit of the webhook with the last message of the burst to the claim by a worker (the quiet time of the burst is part of
-- it), the agent alone, to the stored answer, from there to the provider's acceptance, to the delivery (told by
-- the provider in whole seconds), and all of it.
-- Healthy: stored to claimed p50 below the tenant's burst_quiet_ms + 500, p95 below burst_long_quiet_ms + 500; answered to accepted p95 below 2000.
-- When not: stored to claimed: too few workers (queue_health). The agent: agent_performance. Answered to accepted: the
-- provider is slow or refuses (error_rate_by_hour). Accepted to delivered is the provider's and the customer's phone.
select s.step, count(s.ms) as replies,
       round((percentile_cont(0.5) within group (order by s.ms))::numeric) as p50_ms,
       round((percentile_cont(0.95) within group (order by s.ms))::numeric) as p95_ms,
       round((percentile_cont(0.99) within group (order by s.ms))::numeric) as p99_ms,
       round(max(s.ms)::numeric) as max_ms
  from app.outbound_message o
  cross join lateral (
    select * from app.turns w where w.shard = o.shard and w.id = o.turn_id offset 0
  ) as t
  cross join lateral (
    select y.position from public.messages y where y.shard = o.shard and y.id = o.message_id offset 0
  ) as reply
  cross join lateral (
    select x.created_at
      from public.messages x
     where x.shard = o.shard and x.conversation_id = o.conversation_id and x.position < reply.position
       and x.position >= reply.position - 100 and x.turn_id = o.turn_id and x.direction = 'in'
     order by x.position desc
     limit 1
  ) as asked
  left join lateral (
    select min(a.finished_at) as at
      from app.outbound_attempt a
     where a.shard = o.shard and a.outbound_message_id = o.id and a.state = 'ACCEPTED'
  ) as accepted on true
  cross join lateral (values
    (1, 'stored to claimed', extract(epoch from t.claimed_at - asked.created_at) * 1000),
    (2, 'agent', t.agent_ms),
    (3, 'stored to answered', extract(epoch from o.created_at - asked.created_at) * 1000),
    (4, 'answered to accepted', extract(epoch from accepted.at - o.created_at) * 1000),
    (5, 'accepted to delivered', greatest(extract(epoch from o.delivered_at - accepted.at), 0) * 1000),
    (6, 'stored to accepted', extract(epoch from accepted.at - asked.created_at) * 1000),
    (7, 'stored to delivered', greatest(extract(epoch from o.delivered_at - asked.created_at), 0) * 1000)
  ) as s (ordinal, step, ms)
 where o.created_at between (select app.now()) - interval '1 hour' and (select app.now()) and o.turn_id is not null and o.status <> 'CANCELLED'
 group by s.ordinal, s.step
 order by s.ordinal;

-- name: error_rate_by_hour
-- Shows: for each of the last 24 hours, the newest first: turns and sends begun, how many of them failed, and webhook items
-- that could not be taken in. A turn that is being retried after an error counts as failing until it is answered.
-- Healthy: error_percent below 1 in every hour; poisonous 0.
-- When not: one bad hour: a deployment or an outage at that time. Slowly rising: top_errors_last_hour.
-- poisonous: app.webhook_events holds each item whole, with its error.
select h.hour, coalesce(t.turns, 0) as turns, coalesce(t.failed, 0) as turns_failing, coalesce(t.retried, 0) as turns_retried,
       coalesce(a.sends, 0) as sends, coalesce(a.rejected, 0) as sends_rejected, coalesce(a.unknown, 0) as sends_unknown,
       coalesce(i.failed, 0) as poisonous,
       round(100.0 * (coalesce(t.failed, 0) + coalesce(a.rejected, 0) + coalesce(a.unknown, 0))
             / nullif(coalesce(t.turns, 0) + coalesce(a.sends, 0), 0), 2) as error_percent
  from (
    select date_trunc('hour', (select app.now()), 'UTC') - make_interval(hours => n) as hour from generate_series(0, 23) as n
  ) as h
  left join (
    select date_trunc('hour', x.claimed_at, 'UTC') as hour, count(*) as turns, count(*) filter (where x.error is not null) as failed,
           count(*) filter (where x.tries > 1) as retried
      from app.turns x
     where x.claimed_at between (select app.now()) - interval '24 hours' and (select app.now())
     group by 1
  ) as t on t.hour = h.hour
  left join (
    select date_trunc('hour', x.started_at, 'UTC') as hour, count(*) as sends, count(*) filter (where x.state = 'REJECTED') as rejected,
           count(*) filter (where x.state = 'UNKNOWN') as unknown
      from app.outbound_attempt x
     where x.started_at between (select app.now()) - interval '24 hours' and (select app.now())
     group by 1
  ) as a on a.hour = h.hour
  left join (
    select date_trunc('hour', x.received_at, 'UTC') as hour, count(*) as failed
      from app.webhook_events x
     where x.received_at between (select app.now()) - interval '24 hours' and (select app.now()) and x.error is not null
     group by 1
  ) as i on i.hour = h.hour
 order by h.hour desc;

-- name: top_errors_last_hour
-- Shows: what went wrong within the last hour, the most frequent first: turns, sends, dead letters, webhook items. Numbers in
-- messages are shown as #, so that the same error is one line.
-- Healthy: no rows, or a few single ones that a retry has mended since.
-- When not: the code says where: agent_* and circuit_* the agent or its endpoints, numbers Meta's error codes (190: the access
-- token is not valid any more; 131047: the 24-hour window is closed; 130429: too fast), SQLSTATEs a malformed webhook item.
select e.source, e.code, regexp_replace(left(e.message, 200), '\d+', '#', 'g') as message, count(*) as errors,
       count(distinct e.tenant_id) as tenants, max(e.at) as last_at, (array_agg(e.correlation_id order by e.at desc))[1] as last_correlation_id
  from (
    select 'turn' as source, coalesce(t.error ->> 'code', t.error ->> 'name', '-') as code, coalesce(t.error ->> 'message', '') as message,
           t.tenant_id, t.correlation_id, t.claimed_at as at
      from app.turns t
     where t.claimed_at between (select app.now()) - interval '1 hour' and (select app.now()) and t.error is not null
    union all
    select 'send', coalesce(a.error_code, lower(a.state)), coalesce(o.error ->> 'message', ''), o.tenant_id, o.correlation_id, a.started_at
      from app.outbound_attempt a
      cross join lateral (
        select * from app.outbound_message s where s.shard = a.shard and s.id = a.outbound_message_id offset 0
      ) as o
     where a.started_at between (select app.now()) - interval '1 hour' and (select app.now()) and a.state in ('REJECTED', 'UNKNOWN')
    union all
    select 'dead letter: ' || d.queue, coalesce(d.error ->> 'code', d.error ->> 'name', '-'), coalesce(d.error ->> 'message', ''),
           d.tenant_id, d.correlation_id, d.dead_at
      from app.queue_dead_letter d
     where d.replayed_at is null and d.dead_at between (select app.now()) - interval '1 hour' and (select app.now())
    union all
    select 'webhook item', coalesce(w.error ->> 'code', '-'), coalesce(w.error ->> 'message', ''), w.tenant_id, w.correlation_id, w.received_at
      from app.webhook_events w
     where w.received_at between (select app.now()) - interval '1 hour' and (select app.now()) and w.error is not null
  ) as e
 group by 1, 2, 3
 order by errors desc, last_at desc
 limit 50;

-- name: workflow_completion
-- Shows: how the workflows of each name ended within 7 days, how long they took, and how many are open now.
-- Healthy: completed_percent as it always was for this workflow; open does not grow from day to day.
-- When not: many timed_out: customers do not answer the question at that step, or its sweeper ends it too early. Many failed:
-- `select step, error, count(*) from app.workflow_states where status = 'failed' group by 1, 2`.
select w.workflow, count(w.finished_at) as finished, count(*) filter (where w.status = 'completed') as completed,
       count(*) filter (where w.status = 'failed') as failed, count(*) filter (where w.status = 'timed_out') as timed_out,
       count(*) filter (where w.status = 'cancelled') as cancelled, count(*) filter (where w.finished_at is null) as open,
       round(100.0 * count(*) filter (where w.status = 'completed') / nullif(count(w.finished_at), 0), 2) as completed_percent,
       round((percentile_cont(0.5) within group (order by extract(epoch from w.finished_at - w.created_at)))::numeric, 1) as p50_s,
       round((percentile_cont(0.95) within group (order by extract(epoch from w.finished_at - w.created_at)))::numeric, 1) as p95_s
  from (
    select o.workflow, o.status, o.created_at, o.finished_at
      from app.workflow_states o
     where o.finished_at is null
    union all
    select f.workflow, f.status, f.created_at, f.finished_at
      from app.workflow_states f
     where f.finished_at between (select app.now()) - interval '7 days' and (select app.now())
  ) as w
 group by w.workflow
 order by finished desc, w.workflow;

-- name: agent_sessions
-- Shows: the conversations in which each agent worked within 24 hours: how many sessions are alive (a session ends after 30
-- idle minutes), how long they have lasted, how much of the memory of 20 messages they fill.
-- Healthy: turns_per_conversation between 1 and 10; memory_full is a small part.
-- When not: very many turns in one conversation (`most_turns`): a loop, probably two machines that answer each other; pause
-- the agent there. Memory full in most: the agent forgets the beginning of what it is asked.
select s.agent, count(*) as conversations, count(*) filter (where m.last_activity_at >= (select app.now()) - interval '30 minutes') as alive,
       round(avg(s.turns), 1) as turns_per_conversation, max(s.turns) as most_turns,
       (array_agg(s.conversation_id order by s.turns desc))[1] as most_turns_in,
       round(avg(jsonb_array_length(m.messages)), 1) as memory_messages,
       count(*) filter (where jsonb_array_length(m.messages) >= 20) as memory_full,
       round((percentile_cont(0.5) within group (order by extract(epoch from m.last_activity_at - m.session_started_at)))::numeric) as session_p50_s,
       round(extract(epoch from max(m.last_activity_at - m.session_started_at))) as session_longest_s
  from (
    select t.service as agent, t.shard, t.conversation_id, count(*) as turns
      from app.turns t
     where t.claimed_at between (select app.now()) - interval '24 hours' and (select app.now())
     group by t.service, t.shard, t.conversation_id
  ) as s
  left join lateral (
    select * from app.ai_conversation_memory x where x.shard = s.shard and x.conversation_id = s.conversation_id offset 0
  ) as m on true
 group by s.agent
 order by conversations desc;

-- name: breaker_status
-- Shows: every running copy of every service with the state of its circuit breaker, and services without any copy.
-- Healthy: every row `ok`, and at least two copies of each agent.
-- When not: `open`: calls to this copy failed and are held back; it is tried again by itself; `last_error` says why. `silent`: the
-- copy gave no sign of life for 90 seconds: it died or cannot reach Postgres. `no copy`: start packages/agents.
select s.name as service, s.kind, e.url, e.health, e.breaker, round(extract(epoch from (select app.now()) - e.breaker_changed_at)) as since_s,
       round(extract(epoch from (select app.now()) - e.heartbeat_at)) as heartbeat_age_s, s.timeout_ms, left(e.last_error, 200) as last_error,
       case when e.url is null then 'no copy'
            when e.heartbeat_at < (select app.now()) - interval '90 seconds' then 'silent'
            when e.breaker <> 'closed' then e.breaker
            when e.health = 'unhealthy' then 'unhealthy'
            else 'ok' end as verdict
  from app.services s
  left join app.service_endpoints e on e.service = s.name
 order by s.name, e.url;

-- name: stale_locks
-- Shows: leases that ended without their worker's doing, leases whose worker gives no sign of life, workers that died, and
-- sends of which nobody knows whether the provider took them. At most 100 of each.
-- Healthy: no rows, or rows that are gone a minute later: the next claim takes an expired lease over by itself.
-- When not: expired leases that stay mean that nobody claims: start a runner, or check that queue-worker is called. Workers that
-- died often: their memory, their deployment. Sends of unknown end wait for a status of the provider, then the tenant's
-- unknown_send_policy decides.
select *
  from (
    select case when r.at <= (select app.now()) then 'expired lease' else 'lease of a silent worker' end as lock,
           r.shard, r.tenant_id, r.queue::text, r.lane_id, r.leased_by as holder, r.tries::integer,
           round(extract(epoch from (select app.now()) - case when r.at <= (select app.now()) then r.at else w.heartbeat_at end)) as stale_s
      from app.queue_ready r
      left join app.workers w on w.id = r.leased_by
     where r.leased_by is not null
       and (r.at <= (select app.now()) or w.heartbeat_at < (select app.now()) - interval '30 seconds')
     order by stale_s desc
     limit 100
  ) as leases
union all
select *
  from (
    select 'silent worker', null::smallint, null::uuid, null::text, null::uuid, w.id, null::integer,
           round(extract(epoch from (select app.now()) - w.heartbeat_at))
      from app.workers w
     where w.kind = 'runner' and w.heartbeat_at < (select app.now()) - interval '30 seconds'
     order by w.heartbeat_at
     limit 100
  ) as workers
union all
select *
  from (
    select 'send of unknown end', o.shard, o.tenant_id, 'outbound', o.conversation_id, null::text, null::integer,
           round(extract(epoch from (select app.now()) - o.unknown_since))
      from app.outbound_message o
     where o.unknown_since is not null
     order by o.unknown_since
     limit 100
  ) as sends
 order by lock, stale_s desc;

-- name: dedupe_effectiveness
-- Shows: by provider, the facts that the doors took in within 24 hours, and how many came again; a duplicate changes nothing and
-- is only counted. `accepted_twice`: outbound messages that the provider took more than once, which is what must not happen.
-- Healthy: duplicate_percent below 5; accepted_twice 0 (with unknown_send_policy 'resend_once' it may happen, knowingly).
-- When not: many duplicates: the door answers too slowly or not with 200, and the provider repeats itself: look at the
-- function's duration and log. No facts at all: the webhook is not subscribed, or its signature is refused.
select p.provider, coalesce(f.facts, 0) as facts, coalesce(c.duplicates, 0) as duplicates, coalesce(c.posts, 0) as posts_with_duplicates,
       round(100.0 * coalesce(c.duplicates, 0) / nullif(coalesce(f.facts, 0) + coalesce(c.duplicates, 0), 0), 2) as duplicate_percent,
       coalesce(r.accepted_twice, 0) as accepted_twice
  from (
    select a.provider from public.whatsapp_accounts a union select k.provider from app.ingest_counters k
  ) as p
  left join (
    select a.provider, sum(x.facts) as facts
      from (
        select y.shard, y.account_id, count(*) as facts
          from app.processed_messages y
         where y.processed_at between (select app.now()) - interval '24 hours' and (select app.now())
         group by y.shard, y.account_id
      ) as x
      join public.whatsapp_accounts a on a.shard = x.shard and a.id = x.account_id
     group by a.provider
  ) as f on f.provider = p.provider
  left join (
    select k.provider, sum(k.posts) as posts, sum(k.duplicates) as duplicates
      from app.ingest_counters k
     where k.hour between (select app.now()) - interval '24 hours' and (select app.now())
     group by k.provider
  ) as c on c.provider = p.provider
  left join (
    select a.provider, count(*) as accepted_twice
      from (
        select x.shard, x.outbound_message_id
          from app.outbound_attempt x
         where x.started_at between (select app.now()) - interval '24 hours' and (select app.now()) and x.attempt_no > 1 and x.state = 'ACCEPTED'
         group by x.shard, x.outbound_message_id
      ) as again
      cross join lateral (
        select s.shard, s.account_id
          from app.outbound_message s
         where s.shard = again.shard and s.id = again.outbound_message_id
           and (select count(*) from app.outbound_attempt y
                 where y.shard = s.shard and y.outbound_message_id = s.id and y.state = 'ACCEPTED') > 1
        offset 0
      ) as o
      join public.whatsapp_accounts a on a.shard = o.shard and a.id = o.account_id
     group by a.provider
  ) as r on r.provider = p.provider
 order by p.provider;

-- name: system_summary
-- Shows: the whole at a glance, a line for each number, whether it is as it should be, and which of these queries to ask next.
-- Healthy: no line with healthy = false. Lines without a verdict are for orientation.
-- When not: run the query that `ask` names.
with q as (
  select coalesce(sum(waiting), 0) as waiting, coalesce(sum(due), 0) as due, coalesce(sum(expired), 0) as expired,
         coalesce(sum(backing_off), 0) as backing_off, coalesce(max(oldest_waiting_s), 0) as oldest_s
    from app.message_queue_health
), m as (
  select count(*) filter (where x.direction = 'in') as received, count(*) filter (where x.direction = 'out') as sent,
         count(*) filter (where x.status = 'FAILED') as failed, count(*) filter (where x.status = 'PARKED') as parked
    from public.messages x
   where x.created_at between (select app.now()) - interval '24 hours' and (select app.now())
), t as (
  select count(*) as turns, count(*) filter (where x.status = 'failed') as failed,
         round((percentile_cont(0.95) within group (order by x.agent_ms))::numeric) as agent_ms_p95
    from app.turns x
   where x.claimed_at between (select app.now()) - interval '24 hours' and (select app.now())
), i as (
  select (select coalesce(sum(x.duplicates), 0)
            from app.ingest_counters x
           where x.hour between (select app.now()) - interval '24 hours' and (select app.now())) as duplicates,
         (select count(*)
            from app.webhook_events x
           where x.received_at between (select app.now()) - interval '24 hours' and (select app.now()) and x.error is not null) as poisonous
), w as (
  select count(*) filter (where x.heartbeat_at >= (select app.now()) - interval '15 seconds') as runners,
         count(*) filter (where x.heartbeat_at < (select app.now()) - interval '30 seconds') as silent
    from app.workers x
   where x.kind = 'runner'
), e as (
  select count(distinct a.agent) as agents, count(distinct a.agent) filter (where not exists (
           select from app.service_endpoints x
            where x.service = a.agent and x.health <> 'unhealthy' and x.breaker <> 'open'
              and x.heartbeat_at >= (select app.now()) - interval '90 seconds')) as without_copy
    from public.whatsapp_accounts a
   where a.status = 'active'
), d as (
  select count(*) as letters from app.queue_dead_letter x where x.replayed_at is null
), u as (
  select count(*) as sends from app.outbound_message x where x.unknown_since is not null
), f as (
  select coalesce(sum(x.workflows) filter (where x.status in ('running', 'waiting')), 0) as open, coalesce(sum(x.stuck), 0) as stuck
    from app.workflow_health x
)
select s.item, s.value, s.healthy, s.ask
  from q, m, t, i, w, e, d, u, f
  cross join lateral (values
    (1, 'messages received, 24 h', m.received::numeric, null::boolean, 'conversation_state'),
    (2, 'messages to send, 24 h', m.sent, null, 'latency'),
    (3, 'messages that failed to be sent, 24 h', m.failed, m.failed * 100 <= m.sent, 'top_errors_last_hour'),
    (4, 'messages parked for a person, 24 h', m.parked, m.parked = 0, 'conversation_state'),
    (5, 'turns, 24 h', t.turns, null, 'agent_performance'),
    (6, 'turns that failed, 24 h', t.failed, t.failed * 100 <= t.turns, 'error_rate_by_hour'),
    (7, 'agent, p95 in ms, 24 h', t.agent_ms_p95, t.agent_ms_p95 <= 10000, 'agent_performance'),
    (8, 'work waiting', q.waiting, null, 'queue_health'),
    (9, 'lanes due', q.due, q.due = 0 or q.oldest_s <= 30, 'queue_health'),
    (10, 'lanes backing off', q.backing_off, q.backing_off = 0, 'stuck_workflows'),
    (11, 'oldest work, in s', round(q.oldest_s::numeric, 1), q.oldest_s <= 300, 'stuck_workflows'),
    (12, 'expired leases', q.expired, q.expired = 0, 'stale_locks'),
    (13, 'dead letters', d.letters, d.letters = 0, 'dead_letters'),
    (14, 'sends of unknown end', u.sends, u.sends = 0, 'stale_locks'),
    (15, 'workflows open', f.open, null, 'workflow_completion'),
    (16, 'workflows stuck', f.stuck, f.stuck = 0, 'stuck_workflows'),
    (17, 'runners alive', w.runners, null, 'stale_locks'),
    (18, 'runners silent', w.silent, w.silent = 0, 'stale_locks'),
    (19, 'agents without a usable copy', e.without_copy, e.without_copy = 0, 'breaker_status'),
    (20, 'duplicates, 24 h', i.duplicates, null, 'dedupe_effectiveness'),
    (21, 'poisonous webhook items, 24 h', i.poisonous, i.poisonous = 0, 'error_rate_by_hour')
  ) as s (ordinal, item, value, healthy, ask)
 order by s.ordinal;
