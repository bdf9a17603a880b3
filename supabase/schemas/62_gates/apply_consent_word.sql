-- Applies an opt-out or opt-in word of a customer (consent_word): proof is kept, and one confirmation is queued when it
-- changes something. Returns what ingest_message is to return: 'queued' (something will be sent), 'stored', or null
-- when the word means nothing here, because who has not opted out cannot opt in again.
-- Idempotent by the message. Locks: those of enqueue_outbound_message; the caller holds the conversation. Called by:
-- ingest_message.
create function app.apply_consent_word (
  p_shard        smallint,
  p_event        jsonb,
  p_tenant       public.tenants,
  p_conversation public.conversations,
  p_message_id   uuid,
  p_word         jsonb
)
  returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_stops    boolean := p_word ->> 'action' = 'stop';
  v_stopped  boolean := coalesce(app.consent_of(p_shard, p_conversation.contact_id) ->> 'all' = 'stop', false);
  v_defaults jsonb := app.consent_defaults(p_word ->> 'language');
  v_text     text;
  v_outbound uuid;
begin
  if not v_stops and not v_stopped then
    return null;
  end if;
  perform app.record_consent(p_shard, p_conversation.contact_id, 'all', p_word ->> 'action', 'word', p_event ->> 'key',
    (p_event ->> 'occurred_at')::timestamptz,
    jsonb_build_object('account_id', p_conversation.account_id, 'message_id', p_message_id, 'detail',
       jsonb_build_object('language', p_word ->> 'language')));
  v_text := case when v_stops then coalesce(p_tenant.opt_out_confirmation, v_defaults ->> 'stopped')
                 else coalesce(p_tenant.opt_in_confirmation, v_defaults ->> 'resumed') end;
  if v_stops = v_stopped or v_text = '' then
    return 'stored';
  end if;

  v_outbound := app.enqueue_outbound_message(p_shard, p_conversation.id, 'system', v_text, jsonb_build_object('type', 'text', 'text', v_text),
    'consent:' || p_message_id, p_event ->> 'correlation_id');
  update app.outbound_message set purpose = 'consent_confirmation' where shard = p_shard and id = v_outbound;
  return 'queued';
end;
$$;

revoke execute on function app.apply_consent_word from public;
grant execute on function app.apply_consent_word to service_role;
