-- One lane for people to see: where it stands, what pauses it, what waits in it and what its head failed with last. No
-- payloads and no personal data. In `public`, because it is read through the API; for the service role only.
-- p_limit: how many messages are listed. Returns null when there is no such lane; an `idle` one has no work.
-- conversation_id: null when the lane is no conversation; latest_message_id: the provider's id of the customer's latest
-- message there, which leads to its message_trace. Called by: packages/simulator, over POST /rest/v1/rpc/get_lane.
create function public.get_lane (
  p_shard   smallint,
  p_queue   text,
  p_lane_id uuid,
  p_limit   integer default 100
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_queue    app.queue_name := p_queue;
  v_nil      uuid := '00000000-0000-0000-0000-000000000000';
  v_lane     app.queue_lane;
  v_ready    app.queue_ready;
  v_tenant   uuid;
  v_talk     uuid;
  v_outbound uuid;
  v_messages jsonb;
begin
  if p_limit is null or p_limit not between 1 and 1000 then
    raise exception sqlstate 'SB400' using message = 'p_limit must be between 1 and 1000';
  end if;
  select * into v_lane from app.queue_lane l where l.shard = p_shard and l.queue = v_queue and l.lane_id = p_lane_id;
  if not found then
    return null;
  end if;
  select * into v_ready from app.queue_ready r where r.shard = p_shard and r.queue = v_queue and r.lane_id = p_lane_id;
  select c.tenant_id, c.id into v_tenant, v_talk from public.conversations c where c.shard = p_shard and c.id = p_lane_id;
  v_tenant := coalesce(v_ready.tenant_id, v_tenant);

  select jsonb_agg(jsonb_build_object('seq', m.seq, 'kind', m.kind, 'correlation_id', m.correlation_id, 'enqueued_at', m.enqueued_at,
           'in_hand', coalesce(v_ready.leased_by is not null and m.seq <= v_ready.upto, false)) order by m.seq),
         (array_agg(app.outbound_id(m.payload) order by m.seq))[1]
    into v_messages, v_outbound
    from (select q.* from app.message_queue q
           where q.shard = p_shard and q.queue = v_queue and q.lane_id = p_lane_id and q.seq > v_ready.done
           order by q.seq limit p_limit) as m;

  return jsonb_build_object(
    'now', app.now(), 'queue', p_queue, 'lane_id', p_lane_id, 'conversation_id', v_talk,
    'tenant_id', v_tenant, 'tenant', (select t.slug from public.tenants t where t.id = v_tenant),
    'state', case when v_ready.lane_id is null then 'idle' else app.lane_state(v_ready, app.now()) end,
    'priority', v_ready.priority, 'tries', v_ready.tries, 'lost', v_ready.lost, 'leased_by', v_ready.leased_by,
    'token', v_ready.token, 'at', coalesce(v_ready.parked_at, v_ready.at), 'oldest_at', v_ready.burst_at,
    'done', coalesce(v_ready.done, v_lane.tail), 'depth', v_lane.tail - coalesce(v_ready.done, v_lane.tail),
    'pauses', (select coalesce(jsonb_agg(jsonb_build_object('queue', p.queue, 'tenant_id', nullif(p.tenant_id, v_nil),
                        'lane_id', nullif(p.lane_id, v_nil), 'reason', p.reason, 'paused_at', p.paused_at)), '[]')
                 from app.queue_pause p
                where p.shard = p_shard and p.queue = v_queue and p.tenant_id in (v_nil, v_tenant) and p.lane_id in (v_nil, p_lane_id)),
    'messages', coalesce(v_messages, '[]'),
    'last_error', coalesce(
      (select jsonb_build_object('code', t.error ->> 'code', 'message', t.error ->> 'message') from app.turns t
        where v_queue = 'inbound' and v_ready.tries > 0 and t.shard = p_shard and t.conversation_id = p_lane_id
          and t.first_seq = v_ready.done + 1 and t.error is not null),
      (select jsonb_build_object('code', a.error_code, 'message', null) from app.outbound_attempt a
        where p_queue = 'outbound' and a.shard = p_shard and a.outbound_message_id = v_outbound and a.error_code is not null
        order by a.attempt_no desc limit 1)),
    'latest_message_id', (
      select m.provider_message_id from public.messages m
       where m.shard = p_shard and m.conversation_id = v_talk and m.direction = 'in' and m.provider_message_id is not null
       order by m.position desc limit 1));
end;
$$;

revoke execute on function public.get_lane from public;
grant execute on function public.get_lane to service_role;
