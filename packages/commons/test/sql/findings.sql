-- One thing to find for each health check, on top of history.sql. Ends with the clock at 12:30; `at` below is when it happens.
-- The tenant `broken` has a customer for each case, whose phone number is the case's name.

select app.upsert_tenant(0::smallint, 'broken', 'Broken');
select app.upsert_whatsapp_account(0::smallint, (select id from public.tenants where slug = 'broken'), 'cloud_api', 'broken', null, 'Broken', 'agent:broken');

create function pg_temp.at (p_time text) returns void language sql as $$
  select set_config('app.fake_now', '2031-03-01 ' || p_time || 'Z', false);
$$;
create function pg_temp.event (p_case text, p_over jsonb default '{}') returns jsonb language sql as $$
  select jsonb_build_object('kind', 'message', 'key', 'msg:' || p_case, 'account', 'broken', 'occurred_at', app.now(), 'correlation_id', 'cor-' || p_case,
    'raw', '{}'::jsonb, 'identities', jsonb_build_array(jsonb_build_object('kind', 'phone', 'value', p_case)), 'wakes_agent', true,
    'message', jsonb_build_object('id', p_case, 'type', 'text', 'text', 'Are you open?', 'content', '{}'::jsonb)) || p_over;
$$;
create function pg_temp.ingest (p_case text, p_over jsonb default '{}') returns jsonb language sql as $$
  select app.ingest_events('cloud_api', jsonb_build_array(pg_temp.event(p_case, p_over)));
$$;
create function pg_temp.lane (p_case text) returns uuid language sql as $$
  select c.id from public.contact_identities i join public.conversations c on c.contact_id = i.contact_id where i.value = p_case;
$$;
create function pg_temp.token (p_case text, p_queue app.queue_name) returns bigint language sql as $$
  select token from app.queue_ready where lane_id = pg_temp.lane(p_case) and queue = p_queue;
$$;
create function pg_temp.claim (p_worker text, p_lease interval, p_queue app.queue_name default 'inbound') returns void language sql as $$
  select app.get_next_queue_message(0::smallint, p_queue, p_worker, 10, 50, p_lease);
$$;
-- A send by an agent that ends like that.
create function pg_temp.send (p_case text, p_outcome jsonb) returns void language plpgsql as $$
declare
  v_out uuid := app.enqueue_outbound_message(0::smallint, pg_temp.lane(p_case), 'agent', 'hello', '{"type": "text", "text": "hello"}', p_case, 'cor-' || p_case);
begin
  perform pg_temp.claim('w1', '30 seconds', 'outbound');
  perform app.start_outbound_attempt(0::smallint, pg_temp.lane(p_case), pg_temp.token(p_case, 'outbound'), 1, v_out, 'w1');
  perform app.finish_outbound_attempt(0::smallint, pg_temp.lane(p_case), pg_temp.token(p_case, 'outbound'), 1, v_out, 1::smallint, p_outcome);
end; $$;

-- A turn that died, and one that is retried for a long time.
select pg_temp.at('12:00:00'), pg_temp.ingest('dead');
select pg_temp.at('12:00:01'), pg_temp.claim('w1', '30 seconds');
select app.start_turn(0::smallint, pg_temp.lane('dead'), pg_temp.token('dead', 'inbound'), 1);
select app.fail_turn(0::smallint, pg_temp.lane('dead'), pg_temp.token('dead', 'inbound'), 1, '{"code": "agent_refused", "message": "the agent said 500"}', 1);
select pg_temp.at('12:20:00'), pg_temp.ingest('slow');
select pg_temp.at('12:20:01'), pg_temp.claim('w1', '30 seconds');
select app.start_turn(0::smallint, pg_temp.lane('slow'), pg_temp.token('slow', 'inbound'), 1);
select app.fail_turn(0::smallint, pg_temp.lane('slow'), pg_temp.token('slow', 'inbound'), 1,
  '{"code": "agent_timeout", "message": "the agent did not answer within 30000 ms"}', 12, '1 hour');

-- Sends: refused for good, of unknown end, and one of the history that the provider took twice.
select pg_temp.at('12:25:00'), pg_temp.ingest('refused', '{"wakes_agent": false}'), pg_temp.ingest('unknown', '{"wakes_agent": false}');
select pg_temp.send('refused', '{"state": "REJECTED", "code": "131047", "message": "24 hours have passed", "class": "never"}');
select pg_temp.send('unknown', '{"state": "UNKNOWN", "code": "timeout", "message": "no answer"}');
insert into app.outbound_attempt (outbound_message_id, attempt_no, state, token, worker, started_at, io_started_at, finished_at, provider_message_id)
select outbound_message_id, 2, 'ACCEPTED', token, 'w', started_at, started_at, finished_at, 'wamid.again' from app.outbound_attempt
 where attempt_no = 1 and state = 'ACCEPTED' order by started_at desc limit 1;

-- What people do, what wakes nobody, what comes twice, what cannot be read.
select pg_temp.at('12:26:00'), pg_temp.ingest('person', '{"kind": "echo"}'), pg_temp.ingest('unanswered', '{"wakes_agent": false}'),
       pg_temp.ingest('unanswered', '{"wakes_agent": false}'), pg_temp.ingest('poison', '{"occurred_at": "soon"}');

-- A worker that died over a lane, and one that hangs with its lease still on.
insert into app.workers (id, kind, started_at, heartbeat_at) values
  ('w-well', 'runner', '2031-03-01 09:00Z', '2031-03-01 12:29:58Z'), ('w-dead', 'runner', '2031-03-01 09:00Z', '2031-03-01 12:28:00Z'),
  ('w-hangs', 'runner', '2031-03-01 09:00Z', '2031-03-01 12:29:00Z');
select pg_temp.at('12:28:00'), pg_temp.ingest('expired');
select pg_temp.at('12:28:01'), pg_temp.claim('w-dead', '30 seconds');
select pg_temp.at('12:28:10'), pg_temp.ingest('hangs');
select pg_temp.at('12:28:11'), pg_temp.claim('w-hangs', '10 minutes');

insert into app.services (name, kind, timeout_ms, max_attempts, updated_at) values
  ('agent:history0', 'agent', 30000, 3, app.now()), ('agent:broken', 'agent', 30000, 3, app.now()), ('agent:absent', 'agent', 30000, 3, app.now());
insert into app.service_endpoints (service, url, health, breaker, breaker_changed_at, last_error, registered_at, heartbeat_at) values
  ('agent:history0', 'http://127.0.0.1:1', 'healthy', 'closed', '2031-03-01 09:00Z', null, '2031-03-01 09:00Z', '2031-03-01 12:29:50Z'),
  ('agent:broken', 'http://127.0.0.1:2', 'unhealthy', 'open', '2031-03-01 12:29Z', 'connection refused', '2031-03-01 09:00Z', '2031-03-01 12:29:50Z'),
  ('agent:broken', 'http://127.0.0.1:3', 'healthy', 'closed', '2031-03-01 09:00Z', null, '2031-03-01 09:00Z', '2031-03-01 12:00:00Z');

insert into app.workflow_states (tenant_id, conversation_id, workflow, step, status, error, expires_at, created_at, updated_at, finished_at)
select c.tenant_id, c.id, 'checkout', 'pay', x.status, case x.status when 'failed' then '{}'::jsonb end, x.expires, x.created, x.created, x.created + x.took
  from public.conversations c
  cross join (values ('completed', null, timestamptz '2031-03-01 10:00Z', interval '60 seconds'), ('completed', null, '2031-03-01 10:00Z', '120 seconds'),
    ('failed', null, '2031-03-01 10:00Z', '60 seconds'), ('timed_out', null, '2031-03-01 10:00Z', '60 seconds'), ('waiting', timestamptz '2031-03-01 12:10Z', '2031-03-01 12:00Z', null)
  ) as x (status, expires, created, took)
 where c.id = pg_temp.lane('slow');

select pg_temp.at('12:30:00');
