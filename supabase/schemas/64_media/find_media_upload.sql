-- A file that an account is to send: what it is, and its id at the provider when the provider still has it for p_margin.
-- Any file of the account's tenant may be sent, also one that a customer sent. No row: there is no such file, or it could
-- not be had, or it is another tenant's. Called by: commons/handlers/resolve-media.ts.
create function app.find_media_upload (
  p_shard      smallint,
  p_account_id uuid,
  p_media_id   uuid,
  p_margin     interval default '1 hour'
)
  returns table (
    mime_type         text,
    size_bytes        bigint,
    sha256            text,
    filename          text,
    storage_path      text,
    provider_media_id text
  )
  language sql
  stable
  set search_path = ''
as $$
  select f.mime_type, f.size_bytes, f.sha256, f.filename, f.storage_path, u.provider_media_id
    from public.whatsapp_accounts a
    join public.media f on f.shard = p_shard and f.id = p_media_id and f.tenant_id = a.tenant_id and f.storage_path is not null
    left join app.media_uploads u
      on u.shard = p_shard and u.account_id = a.id and u.sha256 = f.sha256 and u.expires_at > app.now() + p_margin
   where a.shard = p_shard and a.id = p_account_id;
$$;

revoke execute on function app.find_media_upload from public;
grant execute on function app.find_media_upload to service_role;
