-- Forgets the id of a file at a provider, because the provider would not have it any more; a newer one stays.
-- Returns whether there was one to forget. Idempotent. Locks: the row. Called by: commons/handlers/resolve-media.ts.
create function app.forget_media_upload (
  p_shard             smallint,
  p_account_id        uuid,
  p_provider_media_id text
)
  returns boolean
  language sql
  set search_path = ''
as $$
  with gone as (
    delete from app.media_uploads u
     where u.shard = p_shard and u.account_id = p_account_id and u.provider_media_id = p_provider_media_id
    returning 1
  )
  select exists (select from gone);
$$;

revoke execute on function app.forget_media_upload from public;
grant execute on function app.forget_media_upload to service_role;
