-- Cancels an outbound message in the name of whoever calls the HTTP API. p_caller: as act_as has it.
-- Returns the message, as get_outbound_message. Raises SB404 when the tenant has none of that id, and as cancel_outbound_message.
-- Locks: those of cancel_outbound_message. Called by: the HTTP API.
create function app.cancel_api_message (
  p_shard       smallint,
  p_tenant_id   uuid,
  p_caller      jsonb,
  p_outbound_id uuid
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
begin
  perform app.act_as(p_caller);
  perform app.cancel_outbound_message(p_shard, p_tenant_id, p_outbound_id);
  return app.get_outbound_message(p_shard, p_tenant_id, p_outbound_id);
end;
$$;

revoke execute on function app.cancel_api_message from public;
grant execute on function app.cancel_api_message to service_role;
