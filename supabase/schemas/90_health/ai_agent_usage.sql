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
