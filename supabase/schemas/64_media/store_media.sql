-- Writes down an upload of a tenant, whose bytes lie in Storage already. The same bytes are the same file: the row of the
-- first upload is kept and given back, and the caller removes what it has just put beside it.
-- p_media: {id, kind, mime_type, size_bytes, sha256, filename, storage_path}.
-- Returns {id, kind, mime_type, size_bytes, sha256, filename, storage_path}. Idempotent. Raises 23503 without the tenant,
-- 23514 for what makes no sense. Locks: the row. Called by: commons/work/store-media.ts.
create function app.store_media (
  p_shard     smallint,
  p_tenant_id uuid,
  p_media     jsonb
)
  returns jsonb
  language plpgsql
  set search_path = ''
as $$
begin
  insert into public.media (shard, id, tenant_id, direction, kind, mime_type, size_bytes, sha256, filename, storage_path, created_at)
  values (p_shard, (p_media ->> 'id')::uuid, p_tenant_id, 'out', p_media ->> 'kind', p_media ->> 'mime_type',
    (p_media ->> 'size_bytes')::bigint, p_media ->> 'sha256', p_media ->> 'filename', p_media ->> 'storage_path', app.now())
  on conflict (shard, tenant_id, sha256) where direction = 'out' do nothing;

  return (
    select jsonb_build_object('id', f.id, 'kind', f.kind, 'mime_type', f.mime_type, 'size_bytes', f.size_bytes,
             'sha256', f.sha256, 'filename', f.filename, 'storage_path', f.storage_path)
      from public.media f
     where f.shard = p_shard and f.tenant_id = p_tenant_id and f.sha256 = p_media ->> 'sha256' and f.direction = 'out');
end;
$$;

revoke execute on function app.store_media from public;
grant execute on function app.store_media to service_role;
