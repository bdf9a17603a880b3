-- Learns from a refusal by the provider. 131047: the window was closed when that attempt was made, whatever we
-- thought. 131050: the person has opted out of marketing. Other codes teach nothing. Idempotent.
-- Locks: the conversation's row of window_corrections; the caller holds the outbound message. Called by:
-- refuse_outbound.
create function app.note_refusal (
  p_shard      smallint,
  p_outbound   app.outbound_message,
  p_attempt_no smallint,
  p_code       text
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  if p_code = '131047' then
    insert into app.window_corrections as w (shard, conversation_id, closed_at)
    values (p_shard, p_outbound.conversation_id, coalesce((
      select a.started_at from app.outbound_attempt a
       where a.shard = p_shard and a.outbound_message_id = p_outbound.id and a.attempt_no = p_attempt_no), p_outbound.created_at))
    on conflict (shard, conversation_id) do update set closed_at = greatest(w.closed_at, excluded.closed_at);
  elsif p_code = '131050' then
    perform app.record_consent(p_shard, c.contact_id, 'marketing', 'stop', 'refusal', format('refusal:%s:131050', p_outbound.id), app.now(),
              jsonb_build_object('account_id', p_outbound.account_id, 'message_id', p_outbound.message_id))
       from public.conversations c
      where c.shard = p_shard and c.id = p_outbound.conversation_id;
  end if;
end;
$$;

revoke execute on function app.note_refusal from public;
grant execute on function app.note_refusal to service_role;
