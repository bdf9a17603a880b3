-- Writes how far an outgoing message came, and what the provider calls it, to the message that people see.
-- p_status: null leaves it. p_provider_message_id: null leaves it. When an echo that was
-- faster than the provider's answer has that id already, the id stays there: it is unique within the account.
-- Idempotent. Locks: the message. Called by: accept_outbound, apply_outbound_status.
create function app.set_message_status (
  p_shard               smallint,
  p_message_id          uuid,
  p_status              text,
  p_provider_message_id text
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  update public.messages
     set status = coalesce(p_status, status)
   where shard = p_shard and id = p_message_id and provider_message_id = coalesce(p_provider_message_id, provider_message_id);
  if found then
    return;
  end if;

  begin
    update public.messages
       set status = coalesce(p_status, status), provider_message_id = p_provider_message_id
     where shard = p_shard and id = p_message_id;
  exception when unique_violation then
    update public.messages
       set status = coalesce(p_status, status)
     where shard = p_shard and id = p_message_id;
  end;
end;
$$;

revoke execute on function app.set_message_status from public;
grant execute on function app.set_message_status to service_role;
