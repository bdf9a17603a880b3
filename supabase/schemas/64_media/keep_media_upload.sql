-- Remembers the id that a provider gave a file of ours, for p_keep. Two workers that uploaded the same file at once both
-- have a good id; the later one stays. Idempotent. Raises 23503 without the account. Locks: the row.
-- Called by: commons/handlers/resolve-media.ts.
create function app.keep_media_upload (
  p_shard             smallint,
  p_account_id        uuid,
  p_sha256            text,
  p_provider_media_id text,
  p_keep              interval
)
  returns void
  language sql
  set search_path = ''
as $$
  insert into app.media_uploads (shard, account_id, sha256, provider_media_id, uploaded_at, expires_at)
  values (p_shard, p_account_id, p_sha256, p_provider_media_id, app.now(), app.now() + p_keep)
  on conflict (shard, account_id, sha256) do update
    set provider_media_id = excluded.provider_media_id, uploaded_at = excluded.uploaded_at, expires_at = excluded.expires_at;
$$;

revoke execute on function app.keep_media_upload from public;
grant execute on function app.keep_media_upload to service_role;
