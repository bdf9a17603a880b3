-- Everything that a worker needs to answer the messages of a leased lane up to p_upto, in one call.
-- Returns {action: 'answer' | 'skip', reason, turn_id, ...}: for 'answer' the account, the service to call, the tenant, the contact,
-- the session with its memory, the open workflows with what rang for them, and the messages of the burst (none: only timers
-- rang). 'skip': nobody is to answer now (a person has taken
-- over, the account is not active); the worker completes the turn without replies.
-- Idempotent: a second try of the same burst gets the same turn id, and so does what the burst has grown to when its answer
-- was superseded; that is no failed try. Raises SB001 when the lease is stale.
-- Parts of earlier answers that have not left are cancelled, and the memory says so (cut_answers).
-- Locks: memory; lane, ready; outbound messages, messages. Called by: commons/handlers/turn.ts.
create function app.start_turn (
  p_shard   smallint,
  p_lane_id uuid,
  p_token   bigint,
  p_upto    bigint
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_now          timestamptz := app.now();
  v_conversation public.conversations;
  v_account      public.whatsapp_accounts;
  v_memory       app.ai_conversation_memory;
  v_ready        app.queue_ready;
  v_turn         app.turns;
  v_messages     jsonb;
  v_opted_out    boolean;
  v_workflows    jsonb;
  v_has_timer    boolean;
begin
  select * into strict v_conversation from public.conversations where shard = p_shard and id = p_lane_id;
  select * into strict v_account from public.whatsapp_accounts where shard = p_shard and id = v_conversation.account_id;
  v_memory := app.open_session(p_shard, v_conversation.tenant_id, p_lane_id);
  v_ready := app.assert_lease(p_shard, 'inbound', p_lane_id, p_token);

  if app.cut_answers(p_shard, p_lane_id) > 0 then
    select * into strict v_memory from app.ai_conversation_memory where shard = p_shard and conversation_id = p_lane_id;
  end if;
  v_opted_out := coalesce(app.consent_of(p_shard, v_conversation.contact_id) ->> 'all' = 'stop', false);

  select jsonb_agg(jsonb_build_object('id', m.id, 'provider_message_id', m.provider_message_id, 'type', m.type, 'text', m.body,
           'content', m.content, 'media', m.media_state, 'file', case when f.storage_path is not null then jsonb_build_object('kind', f.kind, 'mime_type', f.mime_type,
             'size_bytes', f.size_bytes, 'filename', f.filename, 'storage_path', f.storage_path) end,
           'at', m.occurred_at, 'correlation_id', q.correlation_id) order by q.seq)
    into strict v_messages
    from app.message_queue q
    join public.messages m on m.shard = p_shard and m.id = (q.payload ->> 'message_id')::uuid
    left join public.media f on f.shard = p_shard and f.message_id = m.id
   where q.shard = p_shard and q.queue = 'inbound' and q.lane_id = p_lane_id and q.seq > v_ready.done and q.seq <= p_upto
     and m.revoked_at is null;

  v_workflows := app.open_workflows(p_shard, p_lane_id, v_ready.done + 1, p_upto);
  v_has_timer := jsonb_path_exists(v_workflows, '$[*].timer ? (@ != null)');

  insert into app.turns as t
    (shard, tenant_id, conversation_id, first_seq, last_seq, service, correlation_id, burst_at, claimed_at)
  select p_shard, v_conversation.tenant_id, p_lane_id, v_ready.done + 1, p_upto, v_account.agent, q.correlation_id, v_ready.burst_at, v_now
    from app.message_queue q
   where q.shard = p_shard and q.queue = 'inbound' and q.lane_id = p_lane_id and q.seq = p_upto
  on conflict (shard, conversation_id, first_seq) do update
    set last_seq = excluded.last_seq, correlation_id = excluded.correlation_id, claimed_at = excluded.claimed_at,
        service = excluded.service, tries = least(t.tries, 32766) + (t.status <> 'superseded')::integer, status = 'working', finished_at = null, error = null, reason = null
  returning t.* into strict v_turn;

  return jsonb_build_object(
    'action', case when (v_messages is null and not v_has_timer) or v_conversation.agent_paused_until > v_now or v_account.status <> 'active' or v_opted_out
                   then 'skip' else 'answer' end,
    'reason', case when v_conversation.agent_paused_until > v_now then 'a person has taken over'
                   when v_account.status <> 'active' then 'the account is ' || v_account.status
                   when v_messages is null and not v_has_timer then case when exists (
                     select from app.message_queue q where q.shard = p_shard and q.queue = 'inbound' and q.lane_id = p_lane_id
                        and q.seq > v_ready.done and q.seq <= p_upto and q.kind = 'workflow_timer')
                     then 'its workflow has gone on meanwhile' else 'every message was revoked' end
                   when v_opted_out then 'the customer has opted out' end,
    'turn_id', v_turn.id,
    'correlation_id', v_turn.correlation_id,
    'service', v_account.agent,
    'account', jsonb_build_object('id', v_account.id, 'provider', v_account.provider),
    'tenant', (select jsonb_build_object('id', t.id, 'slug', t.slug, 'name', t.name, 'ai_disclosure', t.ai_disclosure)
                 from public.tenants t where t.shard = p_shard and t.id = v_conversation.tenant_id),
    'conversation', jsonb_build_object('id', p_lane_id, 'person_requested', v_conversation.person_requested_at is not null),
    'contact', (select jsonb_build_object('name', c.name)
                  from public.contacts c where c.shard = p_shard and c.id = v_conversation.contact_id),
    'session', jsonb_build_object('id', v_memory.session_id, 'is_new', v_memory.messages = '[]'),
    'memory', v_memory.messages,
    'workflows', v_workflows,
    'messages', coalesce(v_messages, '[]')
  );
end;
$$;

revoke execute on function app.start_turn from public;
grant execute on function app.start_turn to service_role;
