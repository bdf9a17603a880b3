-- One outbound message of a tenant with every try at sending it, as outbound_resource shows it.
-- Raises SB404 when the tenant has none of that id. Locks: none. Called by: the HTTP API, retry_api_message, cancel_api_message.
create function app.get_outbound_message (
  p_shard       smallint,
  p_tenant_id   uuid,
  p_outbound_id uuid
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  v_outbound app.outbound_message;
begin
  select * into v_outbound from app.outbound_message where shard = p_shard and id = p_outbound_id and tenant_id = p_tenant_id;
  if not found then
    raise exception sqlstate 'SB404' using message = format('there is no outbound message %s', p_outbound_id);
  end if;
  return app.outbound_resource(v_outbound, true);
end;
$$;

revoke execute on function app.get_outbound_message from public;
grant execute on function app.get_outbound_message to service_role;
