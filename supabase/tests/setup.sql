-- What the pgTAP files share: a schema `tests` with helpers, loaded once before the first file and never shipped in a
-- migration. Every file runs in a transaction that is rolled back, so each builds its own small world out of these.
-- A helper names things by words: tenant 'a' has the account 'acc-a', the customer '15550001' writes to it.
-- A slug that begins with 's1' belongs to shard 1.

drop schema if exists tests cascade;
create schema tests;
grant usage on schema tests to public;

-- Files that run at the same time use the same names, and wait for each other here instead of on unique keys.
create table tests.turnstile ();
grant all on tests.turnstile to public;
create function tests.alone ()
  returns void
  language sql
as $$
  lock table tests.turnstile in exclusive mode;
  -- Postgres lets go of a table a moment before it lets go of advisory locks: whoever came next would find a sweep at work.
  select pg_advisory_lock(hashtextextended('switchboard sweep', shard)), pg_advisory_unlock(hashtextextended('switchboard sweep', shard))
    from generate_series(0, 1) as shard;
$$;

-- The shard of a slug.
create function tests.shard (p_slug text default 'a')
  returns smallint
  language sql
as $$ select case when p_slug like 's1%' then 1 else 0 end::smallint; $$;

-- The tenant of that slug, created on first use with bursts that rest 900 ms whatever is written, at most 6 s.
create function tests.tenant (p_slug text default 'a')
  returns uuid
  language sql
as $$
  select tests.alone();
  select app.configure_tenant(tests.shard(p_slug), app.upsert_tenant(tests.shard(p_slug), p_slug, 'Tenant ' || p_slug),
           p_burst_quiet_ms => 900, p_burst_long_quiet_ms => 900)
   where not exists (select from public.tenants where slug = p_slug);
  select app.upsert_tenant(tests.shard(p_slug), p_slug, 'Tenant ' || p_slug);
$$;

-- The tenant's Cloud API account `acc-<slug>`, created on first use, with token buckets that no test exhausts by chance; p_no makes
-- further ones.
create function tests.account (p_slug text default 'a', p_no text default '')
  returns uuid
  language sql
as $$
  select app.configure_sending(tests.shard(p_slug), app.upsert_whatsapp_account(tests.shard(p_slug), tests.tenant(p_slug), 'cloud_api', 'acc-' || p_slug || p_no,
           '+1 555 010 0001', 'Front desk', 'agent:concierge'), p_send_rate_per_s => 10000, p_pair_burst => 1000)
   where not exists (select from public.whatsapp_accounts where provider = 'cloud_api' and external_id = 'acc-' || p_slug || p_no);
  select app.upsert_whatsapp_account(tests.shard(p_slug), tests.tenant(p_slug), 'cloud_api', 'acc-' || p_slug || p_no,
    '+1 555 010 0001', 'Front desk', 'agent:concierge');
$$;

-- Stops the engine's clock at p_at for this transaction.
create function tests.clock (p_at timestamptz default '2026-11-20 10:00:00Z')
  returns void
  language sql
as $$
  select tests.alone();
  select set_config('app.fake_now', p_at::text, true);
$$;

-- Moves the stopped clock on.
create function tests.later (p_by interval)
  returns void
  language sql
as $$ select set_config('app.fake_now', (app.now() + p_by)::text, true); $$;

-- An event as the doors write it: a message of kind p_kind from the customer of that phone number to `acc-<slug>`.
-- p_over replaces any of its fields.
create function tests.event (
  p_id    text,
  p_text  text  default 'hello',
  p_phone text  default '15550001',
  p_slug  text  default 'a',
  p_kind  text  default 'message',
  p_over  jsonb default '{}'
)
  returns jsonb
  language sql
as $$
  select jsonb_build_object(
    'kind', p_kind, 'key', p_kind || ':' || p_id, 'account', 'acc-' || p_slug, 'occurred_at', app.now(),
    'correlation_id', 'cor-' || p_id, 'raw', jsonb_build_object('id', p_id),
    'identities', jsonb_build_array(jsonb_build_object('kind', 'phone', 'value', p_phone)), 'name', 'Ana',
    'message', jsonb_build_object('id', p_id, 'type', 'text', 'text', p_text, 'content', '{}'::jsonb),
    'wakes_agent', true) || p_over;
$$;

-- A status of the message that the provider calls p_message_id.
create function tests.status (p_message_id text, p_status text, p_callback uuid default null, p_slug text default 'a', p_over jsonb default '{}')
  returns jsonb
  language sql
as $$
  select jsonb_build_object(
    'kind', 'status', 'key', format('status:%s:%s', p_message_id, p_status), 'account', 'acc-' || p_slug,
    'occurred_at', app.now(), 'correlation_id', 'cor-' || p_message_id, 'raw', '{}'::jsonb,
    'message_id', p_message_id, 'status', p_status, 'callback_data', p_callback) || p_over;
$$;

-- Identities out of pairs: tests.ids('phone', '15550001', 'bsuid', 'US.1').
create function tests.ids (variadic p_pairs text[])
  returns jsonb
  language sql
as $$
  select jsonb_agg(jsonb_build_object('kind', p_pairs[n], 'value', p_pairs[n + 1]) order by n)
    from generate_series(1, cardinality(p_pairs), 2) as n;
$$;

-- One POST with these events; the tenants' accounts are made before it.
create function tests.ingest (variadic p_events jsonb[])
  returns jsonb
  language plpgsql
as $$
begin
  perform tests.account('a');
  return app.ingest_events('cloud_api', to_jsonb(p_events));
end;
$$;

-- The contact behind an address.
create function tests.contact (p_value text default '15550001', p_slug text default 'a')
  returns uuid
  language sql
as $$
  select contact_id from public.contact_identities
   where shard = tests.shard(p_slug) and tenant_id = tests.tenant(p_slug) and value = p_value;
$$;

-- The open conversation of an address on `acc-<slug>`.
create function tests.conversation (p_value text default '15550001', p_slug text default 'a', p_no text default '')
  returns uuid
  language sql
as $$
  select id from public.conversations
   where shard = tests.shard(p_slug) and account_id = tests.account(p_slug, p_no) and contact_id = tests.contact(p_value, p_slug)
     and merged_into is null;
$$;

-- Claims what is due in a queue; the claimed rows as the worker sees them.
create function tests.claim (p_queue app.queue_name default 'inbound', p_worker text default 'w1', p_slug text default 'a')
  returns table (lane_id uuid, token bigint, tries smallint, since timestamptz, tenant_id uuid, seq bigint, kind text, payload jsonb, correlation_id text, enqueued_at timestamptz)
  language sql
as $$ select * from app.get_next_queue_message(tests.shard(p_slug), p_queue, p_worker, 10, 50, '30 seconds'); $$;

-- The token under which a lane is leased now.
create function tests.token (p_lane uuid, p_queue app.queue_name default 'inbound')
  returns bigint
  language sql
as $$ select token from app.queue_ready where lane_id = p_lane and queue = p_queue; $$;

-- The ready row of a lane.
create function tests.ready (p_lane uuid, p_queue app.queue_name default 'inbound')
  returns app.queue_ready
  language sql
as $$ select r from app.queue_ready r where r.lane_id = p_lane and r.queue = p_queue; $$;

-- A lane of its own with p_count pieces of work; the tenant is 'a'.
create function tests.lane (p_count integer default 1, p_queue app.queue_name default 'inbound')
  returns uuid
  language plpgsql
as $$
declare
  v_lane uuid := gen_random_uuid();
begin
  for n in 1 .. p_count loop
    perform app.enqueue_message(0::smallint, p_queue, v_lane, tests.tenant('a'), 'work', jsonb_build_object('n', n), 'cor-' || n);
  end loop;
  return v_lane;
end;
$$;

-- Ingests one message, lets its burst come to rest, claims it and starts its turn: the turn as the worker sees it.
create function tests.working_turn (p_id text default 'in-1', p_slug text default 'a', p_text text default 'hello')
  returns jsonb
  language plpgsql
as $$
begin
  perform tests.account(p_slug);
  perform tests.ingest(tests.event(p_id, p_text, p_slug => p_slug));
  perform tests.later('1 second');
  perform tests.claim('inbound', p_slug => p_slug);
  return app.start_turn(tests.shard(p_slug), tests.conversation(p_slug => p_slug), tests.token(tests.conversation(p_slug => p_slug)),
    tests.tail(tests.conversation(p_slug => p_slug)));
end;
$$;

-- The last sequence number of a lane.
create function tests.tail (p_lane uuid, p_queue app.queue_name default 'inbound')
  returns bigint
  language sql
as $$ select tail from app.queue_lane where lane_id = p_lane and queue = p_queue; $$;

-- Completes the turn at hand in a conversation with these texts as replies.
create function tests.answer (p_conversation uuid, variadic p_texts text[])
  returns integer
  language sql
as $$
  select app.complete_turn(t.shard, t.conversation_id, tests.token(t.conversation_id), t.last_seq, t.id,
    jsonb_build_object('replies', (
      select jsonb_agg(jsonb_build_object('body', x, 'content', jsonb_build_object('type', 'text', 'text', x)) order by o)
        from unnest(p_texts) with ordinality as u (x, o))))
    from app.turns t where t.conversation_id = p_conversation and t.status = 'working';
$$;

-- A workflow of that name in the customer's conversation, which waits at step 'ask' for an hour; p_step over it. The customer has written before.
create function tests.workflow (p_step jsonb default '{}', p_name text default 'order', p_slug text default 'a')
  returns uuid
  language plpgsql
as $$
begin
  perform tests.account(p_slug);
  if tests.conversation(p_slug => p_slug) is null then
    perform tests.ingest(tests.event('in-0', p_slug => p_slug, p_over => '{"wakes_agent": false}'));
  end if;
  return app.start_workflow(tests.shard(p_slug), tests.conversation(p_slug => p_slug), p_name,
    '{"step": "ask", "status": "waiting", "state": {"n": 1}, "wait_s": 3600}' || p_step);
end;
$$;

-- The row of a workflow.
create function tests.workflow_row (p_id uuid)
  returns app.workflow_states
  language sql
as $$ select w from app.workflow_states w where w.id = p_id; $$;

-- Moves what is scheduled and due into its lane, claims the conversation and starts its turn: as the worker does.
create function tests.next_turn (p_slug text default 'a')
  returns jsonb
  language plpgsql
as $$
declare
  v_lane uuid := tests.conversation(p_slug => p_slug);
begin
  perform app.promote_scheduled(tests.shard(p_slug));
  perform tests.claim('inbound', p_slug => p_slug);
  return app.start_turn(tests.shard(p_slug), v_lane, tests.token(v_lane), tests.tail(v_lane));
end;
$$;

-- Completes the turn at hand with p_result over one reply.
create function tests.complete (p_conversation uuid, p_result jsonb default '{}')
  returns integer
  language sql
as $$
  select app.complete_turn(t.shard, t.conversation_id, tests.token(t.conversation_id), t.last_seq, t.id,
    '{"replies": [{"body": "hello", "content": {"type": "text", "text": "hello"}}]}' || p_result)
    from app.turns t where t.conversation_id = p_conversation and t.status = 'working';
$$;

-- Stores an outgoing text in the customer's conversation; the customer has written before.
create function tests.outbound (p_key text default 'out-1', p_slug text default 'a')
  returns uuid
  language plpgsql
as $$
begin
  perform tests.account(p_slug);
  if tests.conversation(p_slug => p_slug) is null then
    perform tests.ingest(tests.event('in-0', p_slug => p_slug, p_over => '{"wakes_agent": false}'));
  end if;
  return app.enqueue_outbound_message(tests.shard(p_slug), tests.conversation(p_slug => p_slug), 'agent', 'text of ' || p_key,
    jsonb_build_object('type', 'text', 'text', 'text of ' || p_key), p_key, 'cor-' || p_key);
end;
$$;

-- Starts an attempt at the head of the outbound lane, claiming it first when nobody holds it.
create function tests.start_attempt (p_outbound uuid, p_worker text default 'w1')
  returns jsonb
  language plpgsql
as $$
declare
  v_outbound app.outbound_message;
begin
  select * into strict v_outbound from app.outbound_message where id = p_outbound;
  if tests.token(v_outbound.conversation_id, 'outbound') is null then
    perform app.get_next_queue_message(v_outbound.shard, 'outbound', p_worker, 10, 1, '30 seconds');
  end if;
  return app.start_outbound_attempt(v_outbound.shard, v_outbound.conversation_id, tests.token(v_outbound.conversation_id, 'outbound'),
    (tests.ready(v_outbound.conversation_id, 'outbound')).done + 1, p_outbound, p_worker);
end;
$$;

-- The attempt at hand leaves now.
create function tests.leave (p_outbound uuid)
  returns boolean
  language sql
as $$
  select app.mark_outbound_io(a.shard, a.outbound_message_id, a.attempt_no, a.token)
    from app.outbound_attempt a where a.outbound_message_id = p_outbound order by a.attempt_no desc limit 1;
$$;

-- An outbound message whose attempt has left and not come back.
create function tests.sending (p_key text default 'out-1', p_slug text default 'a')
  returns uuid
  language plpgsql
as $$
declare
  v_outbound uuid := tests.outbound(p_key, p_slug);
begin
  perform tests.start_attempt(v_outbound);
  perform tests.leave(v_outbound);
  return v_outbound;
end;
$$;

-- Ends the attempt that is on its way, of at most p_attempts.
create function tests.finish_attempt (p_outbound uuid, p_outcome jsonb, p_attempts integer default 6)
  returns text
  language sql
as $$
  update public.tenants t set send_retry_s = (array[60, 300, 900, 3600, 21600])[1:p_attempts - 1]
    from app.outbound_message o where o.id = p_outbound and t.id = o.tenant_id and cardinality(t.send_retry_s) <> p_attempts - 1;
  select app.finish_outbound_attempt(o.shard, o.conversation_id, tests.token(o.conversation_id, 'outbound'),
    (tests.ready(o.conversation_id, 'outbound')).done + 1, o.id,
    (select max(a.attempt_no) from app.outbound_attempt a where a.shard = o.shard and a.outbound_message_id = o.id), p_outcome)
    from app.outbound_message o where o.id = p_outbound;
$$;

-- An outbound message that the provider took as p_provider_message_id.
create function tests.sent (p_key text default 'out-1', p_provider_message_id text default 'wamid.out-1', p_slug text default 'a')
  returns uuid
  language plpgsql
as $$
declare
  v_outbound uuid := tests.sending(p_key, p_slug);
begin
  perform tests.finish_attempt(v_outbound, jsonb_build_object('state', 'ACCEPTED', 'provider_message_id', p_provider_message_id));
  return v_outbound;
end;
$$;

-- The status of an outbound message.
create function tests.outbound_status (p_outbound uuid)
  returns text
  language sql
as $$ select status from app.outbound_message where id = p_outbound; $$;

-- A list of templates as Graph gives it: one, `hello`, with these words for its body.
create function tests.template_list (
  p_body text  default 'Hi {{1}}, {{2}}',
  p_over jsonb default '{}'
)
  returns jsonb
  language sql
as $$
  select jsonb_build_array(jsonb_build_object('id', '77', 'name', 'hello', 'language', 'en_US', 'category', 'UTILITY', 'status', 'APPROVED',
    'quality_score', '{"score": "GREEN"}'::jsonb, 'components', jsonb_build_array(jsonb_build_object('type', 'BODY', 'text', p_body))) || p_over);
$$;

-- The account `acc-<slug>` belongs to the business account `waba-<slug>`, which has these templates, and the tenant these settings.
create function tests.delivery (
  p_settings  jsonb default '{"window_template": "hello"}',
  p_templates jsonb default tests.template_list(),
  p_slug      text  default 'a'
)
  returns void
  language plpgsql
as $$
begin
  perform app.configure_sending(tests.shard(p_slug), tests.account(p_slug), 'waba-' || p_slug);
  perform app.configure_delivery(tests.shard(p_slug), tests.tenant(p_slug), p_settings);
  if p_templates is not null then
    perform app.sync_templates(tests.shard(p_slug), tests.tenant(p_slug), 'waba-' || p_slug, p_templates, app.now());
  end if;
end;
$$;

-- What the gates say about an outbound message.
create function tests.verdict (p_outbound uuid)
  returns jsonb
  language sql
as $$
  select app.check_outbound(o.shard, o, t) from app.outbound_message o join public.tenants t on t.id = o.tenant_id where o.id = p_outbound;
$$;

-- The content of a template message with these text parameters for its body.
create function tests.template_content (variadic p_parameters text[] default '{}')
  returns jsonb
  language sql
as $$
  select jsonb_build_object('type', 'template', 'name', 'hello', 'language', 'en_US', 'components', jsonb_build_array(jsonb_build_object('type', 'body',
    'parameters', (select coalesce(jsonb_agg(jsonb_build_object('type', 'text', 'text', p)), '[]') from unnest(p_parameters) as p))));
$$;

-- A message of that author in the customer's conversation; the customer has written before.
create function tests.says (p_author text, p_key text default 'out-1', p_content jsonb default '{"type": "text", "text": "Your table is free."}', p_send_at timestamptz default null)
  returns uuid
  language plpgsql
as $$
begin
  if tests.conversation() is null then
    perform tests.ingest(tests.event('in-0', p_over => '{"wakes_agent": false}'));
  end if;
  return app.enqueue_outbound_message(0::smallint, tests.conversation(), p_author, coalesce(p_content ->> 'text', ''), p_content, p_key, 'cor-' || p_key, p_send_at => p_send_at);
end;
$$;

-- The session of the tenant's device `dev-<slug>`, made on first use; p_no makes further ones. Returns its account.
create function tests.session (p_slug text default 'a', p_no text default '')
  returns uuid
  language plpgsql
as $$
declare
  v_account uuid := app.upsert_whatsapp_account(tests.shard(p_slug), tests.tenant(p_slug), 'baileys', 'dev-' || p_slug || p_no, null, 'Device', 'agent:concierge');
begin
  perform app.create_session(tests.shard(p_slug), v_account);
  return v_account;
end;
$$;

-- A session that a worker owns: the token of its lease. It claims all that are free.
create function tests.session_token (p_account uuid, p_worker text default 'w1')
  returns bigint
  language plpgsql
as $$
begin
  perform app.acquire_sessions(shard, p_worker, 100, '30 seconds') from public.sessions where account_id = p_account;
  return (select token from app.session_leases where account_id = p_account and owner = p_worker);
end;
$$;

-- A session that is linked and open: the token of its lease.
create function tests.open_session (p_account uuid, p_worker text default 'w1')
  returns bigint
  language plpgsql
as $$
declare
  v_token bigint := tests.session_token(p_account, p_worker);
  v_shard smallint := (select shard from public.sessions where account_id = p_account);
begin
  perform app.offer_link_code(v_shard, p_account, v_token, 'a code', '20 seconds');
  perform app.set_session_state(v_shard, p_account, v_token, 'PAIRING', p_paired_jid => '15550001:1@s.whatsapp.net');
  perform app.set_session_state(v_shard, p_account, v_token, 'OPEN');
  return v_token;
end;
$$;

-- Speaks to the API from now on as that user; null: as an anonymous visitor.
create function tests.sign_in (p_user uuid)
  returns void
  language plpgsql
as $$
begin
  perform set_config('request.jwt.claims', coalesce(jsonb_build_object('sub', p_user, 'role', 'authenticated')::text, ''), true);
  perform set_config('role', case when p_user is null then 'anon' else 'authenticated' end, true);
end;
$$;

-- The id of one of the two houses, and of the user who is a member of it.
create function tests.house (p_slug text)
  returns uuid
  language sql
  immutable
as $$ select md5('house ' || p_slug)::uuid; $$;

create function tests.member (p_slug text)
  returns uuid
  language sql
  immutable
as $$ select md5('member ' || p_slug)::uuid; $$;

-- An uploaded picture of a tenant, whose bytes are these words; its id.
create function tests.upload (p_bytes text default 'bytes', p_slug text default 'a')
  returns uuid
  language sql
as $$
  select (app.store_media(tests.shard(p_slug), t.id, jsonb_build_object('id', f.id, 'kind', 'image', 'mime_type', 'image/png', 'size_bytes', 5,
           'sha256', encode(sha256(p_bytes::bytea), 'hex'), 'filename', 'menu.png', 'storage_path', format('%s/2026/11/%s.png', t.id, f.id))) ->> 'id')::uuid
    from public.tenants t, (select gen_random_uuid() as id) as f
   where t.slug = p_slug;
$$;

-- A customer of tenant 'a' sends a picture with that id at the provider; the file's lane is claimed, its lease's token given back.
create function tests.picture (p_id text default 'i1', p_file jsonb default '{"id": "777", "mime_type": "image/jpeg"}')
  returns bigint
  language plpgsql
as $$
begin
  perform tests.ingest(tests.event(p_id, p_over => jsonb_build_object('message',
    jsonb_build_object('id', p_id, 'type', 'image', 'text', 'look', 'content', p_file))));
  perform tests.claim('media');
  return tests.token((select id from public.messages where provider_message_id = p_id), 'media');
end;
$$;

-- What is written down of a picture that could be had, over which p_over goes.
create function tests.picture_file (p_id text default 'i1', p_over jsonb default '{}')
  returns jsonb
  language sql
as $$
  select jsonb_build_object('kind', 'image', 'provider_media_id', '777', 'mime_type', 'image/jpeg', 'size_bytes', 5, 'sha256', repeat('ab', 32),
           'filename', null, 'storage_path', format('%s/2026/11/%s.jpg', m.tenant_id, m.id)) || p_over
    from public.messages m where m.provider_message_id = p_id;
$$;

-- Ends the fetching of that picture.
create function tests.finish_picture (p_id text default 'i1', p_result jsonb default null)
  returns void
  language sql
as $$
  select app.finish_media(m.shard, m.id, tests.token(m.id, 'media'), 1, coalesce(p_result, tests.picture_file(p_id)))
    from public.messages m where m.provider_message_id = p_id;
$$;

-- Two tenants, 'a' and 'b', each with a member and at least one row in every table that members may see. Made before
-- the test signs in.
create function tests.two_houses ()
  returns void
  language plpgsql
as $$
declare
  v_slug text;
begin
  perform tests.alone();
  foreach v_slug in array array['a', 'b'] loop
    insert into public.tenants (id, slug, name) values (tests.house(v_slug), v_slug, 'House ' || v_slug);
    insert into public.tenant_members (tenant_id, user_id, role) values (tests.house(v_slug), tests.member(v_slug), 'owner');
    perform tests.sent('out-1', 'wamid.' || v_slug, v_slug);
    perform app.upsert_knowledge_article(0::smallint, tests.house(v_slug), 'Secret', 'The recipe of house ' || v_slug);
    perform app.sync_templates(0::smallint, tests.house(v_slug), 'waba-' || v_slug, tests.template_list(), app.now());
    perform app.record_consent(0::smallint, tests.contact(p_slug => v_slug), 'marketing', 'resume', 'person', 'form', app.now());
    perform app.open_task(0::smallint, tests.house(v_slug), 'message_parked', 'out-1', 'The window is closed');
    perform tests.upload('f' || v_slug, v_slug);
    perform tests.session(v_slug);
  end loop;
end;
$$;
