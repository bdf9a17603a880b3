-- What each agent did, day by day.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('in-1'));
create function pg_temp.turn (p_at timestamptz, p_status text, p_service text, p_tries integer, p_ms integer, p_usage jsonb default '{}')
  returns void language sql as $$
  insert into app.turns (tenant_id, conversation_id, first_seq, last_seq, status, service, tries, usage, error, correlation_id, claimed_at, agent_ms, finished_at)
  select tests.tenant('a'), tests.conversation(), n, n, p_status, p_service, p_tries, p_usage, case p_status when 'failed' then '{}'::jsonb end, 'c', p_at, p_ms,
         case p_status when 'working' then null else p_at end
    from (select count(*) + 1 as n from app.turns) as x;
$$;
select pg_temp.turn('2026-11-20 00:00Z', 'answered', 'agent:x', 1, n * 10, '{"inputTokens": 10, "outputTokens": 2, "model": "m"}') from generate_series(1, 20) n;
select pg_temp.turn('2026-11-20 09:00Z', 'skipped', 'agent:x', 1, null);
select pg_temp.turn('2026-11-20 09:00Z', 'failed', 'agent:x', 12, null);
select pg_temp.turn('2026-11-20 09:59Z', 'working', 'agent:x', 3, null);
select pg_temp.turn('2026-11-20 09:00Z', 'answered', 'agent:y', 1, 5);
select pg_temp.turn('2026-11-19 23:59:59Z', 'answered', 'agent:x', 1, 5);
select pg_temp.turn('2026-10-22 00:00Z', 'answered', 'agent:x', 1, 5);
select pg_temp.turn('2026-10-21 23:59:59Z', 'answered', 'agent:x', 1, 5);

set local time zone 'Pacific/Auckland';
select results_eq(
  $$ select day::text, agent, turns, answered, skipped, failed, working, retries, agent_ms_p50, agent_ms_p95, input_tokens, output_tokens
       from app.ai_agent_usage order by day desc, agent $$,
  $$ values ('2026-11-20', 'agent:x', 23::bigint, 20::bigint, 1::bigint, 1::bigint, 1::bigint, 13::bigint, 100, 190, 200::bigint, 40::bigint),
            ('2026-11-20', 'agent:y', 1, 1, 0, 0, 0, 0, 5, 5, 0, 0), ('2026-11-19', 'agent:x', 1, 1, 0, 0, 0, 0, 5, 5, 0, 0),
            ('2026-10-22', 'agent:x', 1, 1, 0, 0, 0, 0, 5, 5, 0, 0) $$,
  'days are UTC days wherever the session is; 30 of them; answers without tokens count none');
select is((select count(*)::integer from app.ai_agent_usage where day = '2026-11-19'), 1, 'one day may be asked for');
update app.turns set status = 'superseded', superseded = 2, superseded_at = claimed_at, reason = 'more', finished_at = claimed_at where status = 'working';
select results_eq($$ select working, superseded from app.ai_agent_usage where day = '2026-11-20' order by agent $$, $$ values (1::bigint, 2::bigint), (0, 0) $$,
  'a turn whose answer was dropped is in work; the answers are counted');

select * from finish();
rollback;
