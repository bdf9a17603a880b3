-- Asks a person about a message that became PARKED, and ends the question when the message moves on. The kind of the
-- task says what is asked: send_unknown, whether the provider took it; message_parked, what is to become of it.
-- Locks: the task; the outbound message is locked. Called by: the trigger below, whoever changes the status.
create function app.follow_parked_message ()
  returns trigger
  language plpgsql
  set search_path = ''
as $$
declare
  v_unknown boolean;
begin
  if new.status <> 'PARKED' then
    perform app.resolve_task(new.shard, new.tenant_id, x.kind, new.id::text, 'system', 'the message is ' || new.status)
       from unnest(array['message_parked', 'send_unknown']) as x (kind);
    return null;
  end if;

  v_unknown := app.may_have_left(new.shard, new.id);
  perform app.open_task(new.shard, new.tenant_id, case when v_unknown then 'send_unknown' else 'message_parked' end, new.id::text,
    case when v_unknown
         then 'Nobody knows whether the provider took this message, and no status came. Look whether the customer has it: '
              || 'if not, send it again (retry); if so, resolve this task.'
         else left(coalesce(new.error ->> 'message', 'The message cannot be sent as it is.'), 900) end,
    jsonb_build_object('account_id', new.account_id, 'conversation_id', new.conversation_id, 'outbound_message_id', new.id,
      'detail', jsonb_strip_nulls(jsonb_build_object('code', new.error -> 'code'))));
  return null;
end;
$$;

revoke execute on function app.follow_parked_message from public;
grant execute on function app.follow_parked_message to service_role;

create trigger follow_parked_message
  after update of status on app.outbound_message
  for each row when (old.status is distinct from new.status and (old.status = 'PARKED' or new.status = 'PARKED'))
  execute function app.follow_parked_message();
