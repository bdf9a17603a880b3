-- Makes the private bucket `media` and lets members read what lies in their tenant's folder; writing is the service role's
-- alone. Where there is no Storage (plain Postgres) or its tables may not be changed, it says so and does nothing: members
-- then read nothing, and files are kept once the bucket is there.
-- Returns 'ready', or why not. Idempotent. Locks: Storage's tables, when there is something to make.
-- Called by: the initial migration; people, after Storage was switched on.
create function app.prepare_storage ()
  returns text
  language plpgsql
  set search_path = ''
as $$
declare
  -- In variables, so that nothing looks for them where they are not.
  v_buckets text := 'storage.buckets';
  v_objects text := 'storage.objects';
begin
  if to_regclass(v_buckets) is null or to_regclass(v_objects) is null then
    return 'there is no Storage here';
  end if;

  execute format('insert into %s (id, name, public, file_size_limit) values (%L, %L, false, %s) on conflict (id) do nothing',
    v_buckets, 'media', 'media', 100 * 1024 * 1024);
  if not exists (select from pg_catalog.pg_policy where polrelid = to_regclass(v_objects) and polname = 'members read their media') then
    execute format($p$
      create policy "members read their media" on %s for select to authenticated
        using (bucket_id = 'media' and split_part(name, '/', 1) in (select t::text from app.member_tenant_ids() as t)) $p$, v_objects);
  end if;
  return 'ready';
exception when insufficient_privilege then
  raise warning 'the bucket "media" or its policy could not be made: %', sqlerrm;
  return 'not allowed: ' || sqlerrm;
end;
$$;

revoke execute on function app.prepare_storage from public;
grant execute on function app.prepare_storage to service_role;
