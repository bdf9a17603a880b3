-- Names the messages that an outgoing content quotes (`replyTo`) or reacts to (`messageId`) as the provider does: where our
-- id of a message of the conversation stands, its provider's id is put; anything else stays as it is.
-- A quote of a message that the provider does not have (it was never accepted) is left out: the message itself still counts.
-- Reads only. Called by: enqueue_outbound_message, start_outbound_attempt.
create function app.resolve_message_refs (
  p_shard           smallint,
  p_conversation_id uuid,
  p_content         jsonb
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  v_content     jsonb := p_content;
  v_field       text;
  v_provider_id text;
begin
  foreach v_field in array array['replyTo', 'messageId'] loop
    continue when not coalesce(v_content ->> v_field ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', false);
    select m.provider_message_id into v_provider_id
      from public.messages m
     where m.shard = p_shard and m.id = (v_content ->> v_field)::uuid and m.conversation_id = p_conversation_id;
    if v_provider_id is not null then
      v_content := jsonb_set(v_content, array[v_field], to_jsonb(v_provider_id));
    elsif v_field = 'replyTo' then
      v_content := v_content - 'replyTo';
    end if;
  end loop;
  return v_content;
end;
$$;

revoke execute on function app.resolve_message_refs from public;
grant execute on function app.resolve_message_refs to service_role;
