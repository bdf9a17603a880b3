-- Sends a message again that is FAILED, PARKED or UNKNOWN, because a person says so: as a new attempt, under a new id of
-- the provider's, behind what waits in the conversation (an UNKNOWN one kept its place), with its schedule begun anew. Of
-- an UNKNOWN or a PARKED one that person decides that it may arrive twice.
-- Returns the new status, QUEUED; idempotent: what is QUEUED already stays as it is. Raises SB404 when the tenant has no
-- such message, SB409 when it is on its way, was taken or was cancelled.
-- Locks: outbound message, message, task, lane, ready. Called by: people.
create function app.retry_outbound_message (
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
  if v_outbound.status = 'QUEUED' then
    return 'QUEUED';
  end if;
  if v_outbound.status not in ('FAILED', 'PARKED', 'UNKNOWN') then
    raise exception sqlstate 'SB409'
      using message = format('outbound message %s is %s and cannot be sent again', p_outbound_id, v_outbound.status),
            hint = case v_outbound.status when 'CANCELLED' then 'write a new message' when 'SENDING' then 'it is on its way: wait how it ends'
                                          else 'it has been sent: write a new message' end;
  end if;

  perform app.forget_refusals(p_shard, p_outbound_id);
  v_outbound := app.set_outbound_status(p_shard, p_outbound_id, 'QUEUED');
  perform app.requeue_outbound(p_shard, v_outbound);
  return v_outbound.status;
end;
$$;

revoke execute on function app.retry_outbound_message from public;
grant execute on function app.retry_outbound_message to service_role;
