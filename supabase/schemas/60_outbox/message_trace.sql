-- The way of one incoming message through the system, step by step with its times: for the simulator's page and for
-- people who look for a lost minute. In `public`, because it is read through the API; for the service role only.
-- p_provider_message_id: the id that the provider gave the customer's message. No rows: never seen.
-- Called by: packages/simulator, over POST /rest/v1/rpc/message_trace.
create function public.message_trace (
  p_provider_message_id text
)
  returns table (at timestamptz, step text, detail jsonb)
  language sql
  stable
  set search_path = ''
as $$
  with message as (
    select m.*
      from public.whatsapp_accounts a
      join public.messages m on m.shard = a.shard and m.account_id = a.id and m.provider_message_id = p_provider_message_id
     where m.direction = 'in'
     limit 1
  ), turn as (
    select t.* from app.turns t join message m on t.shard = m.shard and t.id = m.turn_id
  ), sent as (
    select o.* from app.outbound_message o join turn t on o.shard = t.shard and o.conversation_id = t.conversation_id and o.turn_id = t.id
  )
  select s.at, s.step, s.detail
    from (
      select m.created_at, 'ingested', jsonb_build_object('correlation_id', m.correlation_id, 'position', m.position) from message m
      union all
      select t.claimed_at, 'claimed', jsonb_build_object('tries', t.tries, 'messages', t.last_seq - t.first_seq + 1) from turn t
      union all
      select t.agent_called_at, 'agent_called', jsonb_build_object('service', t.service, 'endpoint', t.endpoint) from turn t
      union all
      select t.finished_at, t.status, jsonb_build_object('agent_ms', t.agent_ms, 'reason', t.reason, 'usage', t.usage) from turn t
       where t.status <> 'superseded'
      union all
      select t.superseded_at, 'superseded', jsonb_build_object('answers', t.superseded) from turn t
      union all
      select o.created_at, 'outbound_stored', jsonb_build_object('outbound_id', o.id) from sent o
      union all
      select o.cancelled_at, 'cancelled', jsonb_build_object('outbound_id', o.id, 'code', o.error ->> 'code', 'reason', o.error ->> 'message')
        from sent o
      union all
      select a.started_at, 'send_prepared', jsonb_build_object('attempt', a.attempt_no)
        from sent o join app.outbound_attempt a on a.shard = o.shard and a.outbound_message_id = o.id
      union all
      select a.io_started_at, 'send_started', jsonb_build_object('attempt', a.attempt_no)
        from sent o join app.outbound_attempt a on a.shard = o.shard and a.outbound_message_id = o.id
      union all
      select a.finished_at, lower(a.state), jsonb_build_object('attempt', a.attempt_no, 'code', a.error_code)
        from sent o join app.outbound_attempt a on a.shard = o.shard and a.outbound_message_id = o.id
      union all
      -- A provider tells whole seconds: a status does not stand before the attempt that it speaks of.
      select case when x.at is not null then greatest(x.at, o.sent_at, (
               select max(coalesce(a.finished_at, a.started_at)) from app.outbound_attempt a
                where a.shard = o.shard and a.outbound_message_id = o.id)) end, x.step, '{}'
        from sent o
        cross join lateral (values (o.sent_at, 'status_sent'), (o.delivered_at, 'status_delivered'), (o.read_at, 'status_read'),
                                   (o.failed_at, 'status_failed')) as x (at, step)
    ) as s (at, step, detail)
   where s.at is not null
   order by s.at, array_position(array['send_prepared', 'send_started', 'accepted', 'rejected', 'unknown', 'status_sent', 'status_delivered', 'status_read'], s.step) nulls first;
$$;

revoke execute on function public.message_trace from public;
grant execute on function public.message_trace to service_role;
