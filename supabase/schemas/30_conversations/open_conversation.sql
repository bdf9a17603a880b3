-- The conversation of a person on an account, found or made without a message: for whoever wants to write first.
-- p_identity: {"kind": "phone" | "bsuid", "value": "..."}. Returns its id. Idempotent. Raises SB404 when the tenant has no
-- such account, SB400 when the identity is none.
-- Locks: those of lock_identities, contact; the conversation when it is new. Called by: send_api_message.
create function app.open_conversation (
  p_shard      smallint,
  p_tenant_id  uuid,
  p_account_id uuid,
  p_identity   jsonb
)
  returns uuid
  language plpgsql
  set search_path = ''
as $$
declare
  v_identities jsonb := jsonb_build_array(p_identity);
  v_contact    uuid;
  v_id         uuid;
begin
  if not exists (select from public.whatsapp_accounts where shard = p_shard and id = p_account_id and tenant_id = p_tenant_id) then
    raise exception sqlstate 'SB404' using message = format('there is no account %s', p_account_id);
  end if;
  if coalesce(p_identity ->> 'kind' not in ('phone', 'bsuid'), true) or coalesce(p_identity ->> 'value', '') = '' then
    raise exception sqlstate 'SB400' using message = 'a conversation is opened with a phone number or a BSUID';
  end if;

  perform app.lock_identities(p_shard, p_tenant_id, v_identities);
  v_contact := app.resolve_contact(p_shard, p_tenant_id, v_identities, null);

  insert into public.conversations (shard, tenant_id, account_id, contact_id, created_at)
  values (p_shard, p_tenant_id, p_account_id, v_contact, app.now())
  on conflict (shard, account_id, contact_id) where merged_into is null do nothing
  returning id into v_id;
  if v_id is null then
    select c.id into strict v_id
      from public.conversations c
     where c.shard = p_shard and c.account_id = p_account_id and c.contact_id = v_contact and c.merged_into is null;
  end if;
  return v_id;
end;
$$;

revoke execute on function app.open_conversation from public;
grant execute on function app.open_conversation to service_role;
