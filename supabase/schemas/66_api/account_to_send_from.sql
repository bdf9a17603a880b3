-- The account of a tenant that a request means: the one named by p_account_id or by p_from (its number, however it is
-- written, or the provider's id), else the only one there is. Disabled accounts send nothing.
-- Raises SB404 when there is none, SB400 when it could be several. Locks: none. Called by: send_api_message, send_target.
create function app.account_to_send_from (
  p_shard      smallint,
  p_tenant_id  uuid,
  p_account_id uuid,
  p_from       text
)
  returns uuid
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  v_accounts uuid[];
begin
  select array_agg(a.id order by a.created_at) into v_accounts
    from public.whatsapp_accounts a
   where a.shard = p_shard and a.tenant_id = p_tenant_id and a.status <> 'disabled'
     and (p_account_id is null or a.id = p_account_id)
     and (p_from is null or a.external_id = p_from
          or (p_from ~ '\d' and regexp_replace(a.display_phone, '\D', '', 'g') = regexp_replace(p_from, '\D', '', 'g')));
  if v_accounts is null then
    raise exception sqlstate 'SB404' using message = 'the tenant has no such account, or it is disabled';
  elsif cardinality(v_accounts) > 1 then
    raise exception sqlstate 'SB400' using message = format('the tenant has %s accounts: name one by account_id or from', cardinality(v_accounts));
  end if;
  return v_accounts[1];
end;
$$;

revoke execute on function app.account_to_send_from from public;
grant execute on function app.account_to_send_from to service_role;
