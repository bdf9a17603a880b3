-- What a message of the HTTP API has to fit before it is queued: the account that it will be sent from and that account's
-- provider, and which of the files that it names the tenant has. p_request: as for send_api_message. p_media_ids: their ids.
-- Returns {account_id, provider, files: [{id, mime_type, size_bytes}]}; a file that could not be had is none.
-- Raises SB404 (no such conversation or account), SB400 (it could be several accounts). Locks: none. Called by: the HTTP API.
create function app.send_target (
  p_shard     smallint,
  p_tenant_id uuid,
  p_request   jsonb,
  p_media_ids jsonb default '[]'
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_account uuid;
  v_target  jsonb;
begin
  if p_request ->> 'conversation_id' is null then
    v_account := app.account_to_send_from(p_shard, p_tenant_id, (p_request ->> 'account_id')::uuid, p_request ->> 'from');
  else
    select c.account_id into v_account
      from public.conversations c
     where c.shard = p_shard and c.id = (p_request ->> 'conversation_id')::uuid and c.tenant_id = p_tenant_id;
    if not found then
      raise exception sqlstate 'SB404' using message = format('there is no conversation %s', p_request ->> 'conversation_id');
    end if;
  end if;

  select jsonb_build_object('account_id', a.id, 'provider', a.provider, 'files', (
           select coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'mime_type', f.mime_type, 'size_bytes', f.size_bytes) order by f.id), '[]')
             from public.media f
            where f.shard = p_shard and f.id in (select x.id::uuid from jsonb_array_elements_text(p_media_ids) as x (id)) and f.tenant_id = p_tenant_id and f.storage_path is not null))
    into strict v_target
    from public.whatsapp_accounts a
   where a.shard = p_shard and a.id = v_account;
  return v_target;
end;
$$;

revoke execute on function app.send_target from public;
grant execute on function app.send_target to service_role;
