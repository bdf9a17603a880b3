-- Gives up a message that certainly has not left: QUEUED or PARKED becomes CANCELLED, and what waits behind it goes on.
-- Returns the new status; idempotent. Raises SB404 when the tenant has no such message, SB409 when it left or may have.
-- Locks: outbound message, message, task, lane, ready. Called by: people.
create function app.cancel_outbound_message (
  p_shard       smallint,
  p_tenant_id   uuid,
  p_outbound_id uuid
)
  returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_outbound app.outbound_message;
begin
  select * into v_outbound from app.outbound_message where shard = p_shard and id = p_outbound_id and tenant_id = p_tenant_id for update;
  if not found then
    raise exception sqlstate 'SB404' using message = format('there is no outbound message %s', p_outbound_id);
  end if;
  if v_outbound.status = 'CANCELLED' then
    return 'CANCELLED';
  end if;
  if v_outbound.status not in ('QUEUED', 'PARKED') or app.may_have_left(p_shard, p_outbound_id) then
    raise exception sqlstate 'SB409'
      using message = format('outbound message %s is %s and cannot be cancelled', p_outbound_id, v_outbound.status),
            hint = case v_outbound.status when 'FAILED' then 'it was not delivered: there is nothing to cancel'
                                          else 'it has left, or may have left' end;
  end if;

  v_outbound := app.set_outbound_status(p_shard, p_outbound_id, 'CANCELLED', '{"code": "cancelled", "message": "a person cancelled it"}');
  perform app.wake_lane(p_shard, 'outbound', v_outbound.conversation_id);
  return v_outbound.status;
end;
$$;

revoke execute on function app.cancel_outbound_message from public;
grant execute on function app.cancel_outbound_message to service_role;
