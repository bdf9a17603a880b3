-- A tenant of shard 1 works as one of shard 0 does, and nothing that is done for it touches shard 0, or the other way round.
begin;
select no_plan();

select tests.clock();
create function pg_temp.way (p_slug text) returns text language plpgsql as $$
declare
  v_outbound uuid;
  v_shard    smallint := tests.shard(p_slug);
begin
  perform tests.working_turn('in-1', p_slug);
  perform tests.answer(tests.conversation(p_slug => p_slug), 'hello back');
  select id into strict v_outbound from app.outbound_message where shard = v_shard;
  perform tests.start_attempt(v_outbound);
  perform tests.finish_attempt(v_outbound, '{"state": "ACCEPTED", "provider_message_id": "p1"}');
  perform tests.ingest(tests.status('p1', 'delivered', p_slug => p_slug), tests.event('p2', p_kind => 'echo', p_slug => p_slug),
    tests.event('bad', p_slug => p_slug, p_over => '{"occurred_at": "?"}'), tests.status('orphan', 'read', p_slug => p_slug),
    tests.status('orphan', 'read', p_slug => p_slug)); -- a duplicate, which is counted
  perform app.upsert_knowledge_article(v_shard, tests.tenant(p_slug), 'T', 'text');
  perform tests.later('1 day');
  perform tests.working_turn('in-2', p_slug);
  perform app.fail_turn(v_shard, tests.conversation(p_slug => p_slug), tests.token(tests.conversation(p_slug => p_slug)), 2, '{"code": "x"}', 1);
  perform app.replay_dead_letter(v_shard, (select id from app.queue_dead_letter where shard = v_shard));
  return (select status from app.outbound_message where id = v_outbound);
end; $$;

-- Every row of every sharded table, by shard.
create function pg_temp.rows_of (p_shard smallint) returns jsonb language plpgsql as $$
declare
  v_table text;
  v_rows  jsonb;
  v_all   jsonb := '{}';
begin
  for v_table in
    select c.oid::regclass::text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'shard' and not a.attisdropped
     where c.relnamespace in ('app'::regnamespace, 'public'::regnamespace) and c.relkind in ('r', 'p') and not c.relispartition order by 1
  loop
    execute format('select coalesce(jsonb_agg(to_jsonb(t) order by to_jsonb(t)::text), ''[]'') from %s t where shard = %s', v_table, p_shard) into v_rows;
    v_all := v_all || jsonb_build_object(v_table, v_rows);
  end loop;
  return v_all;
end; $$;

select tests.account('a');
select is(pg_temp.way('a'), 'DELIVERED', 'a tenant of shard 0 is answered');
create temp table zero as select pg_temp.rows_of(0::smallint) as rows;
select is(pg_temp.way('s1x'), 'DELIVERED', 'a tenant of shard 1 is answered in the same way');
select is(pg_temp.rows_of(0::smallint), (select rows from zero), 'not a row of shard 0 has changed by it');
create temp table one as select pg_temp.rows_of(1::smallint) as rows;
select is_empty($$ select key from one, jsonb_each(rows) where value = '[]' and key not in ('app.workflow_states', 'app.workflow_steps', 'tasks', 'tenant_members', 'app.whatsapp_account_credentials',
    'app.queue_scheduled', 'app.queue_idempotency', 'app.queue_tenant', 'app.queue_limits', 'app.queue_pause', 'app.leases', 'media', 'app.media_uploads',
    'app.account_send_state', 'consent_events', 'message_templates', 'app.template_syncs', 'app.window_corrections', 'app.ai_disclosures',
    'app.api_keys', 'app.api_callers', 'sessions', 'session_links', 'app.session_leases', 'app.session_creds', 'app.session_keys', 'app.session_inbox') $$,
  'shard 1 has rows in every table that the way of a message touches');
select is((select jsonb_object_agg(key, jsonb_array_length(value)) from one, jsonb_each(rows)) - 'tenants' - 'whatsapp_accounts',
  (select jsonb_object_agg(key, jsonb_array_length(value)) from zero, jsonb_each(rows)) - 'tenants' - 'whatsapp_accounts', 'as many as shard 0');
select tests.ingest(tests.event('in-3'));
select is(pg_temp.rows_of(1::smallint), (select rows from one), 'and work for shard 0 leaves shard 1 alone');

select * from finish();
rollback;
