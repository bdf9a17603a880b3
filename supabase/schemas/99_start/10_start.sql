-- What has to happen once everything above is there: the first partitions, the sweeps where pg_cron can run
-- them, and the bucket of the files where there is Storage.
select app.prepare_history();

-- Taken where the server offers them, as on Supabase. Where they are offered and cannot be had (pg_cron has to be
-- preloaded), the leader among the runners sweeps; `select app.schedule_sweeps()` makes up for it later.
do $$
declare
  v_extension record;
begin
  for v_extension in
    select e.name, e.schema
      from (values ('pg_cron', 'pg_catalog'), ('pg_net', 'extensions')) as e (name, schema)
     where exists (select from pg_catalog.pg_available_extensions a where a.name = e.name)
       and not exists (select from pg_catalog.pg_extension x where x.extname = e.name)
  loop
    begin
      if to_regnamespace(v_extension.schema) is null then
        execute format('create schema %I', v_extension.schema);
      end if;
      execute format('create extension %I with schema %I', v_extension.name, v_extension.schema);
    exception when others then
      raise warning 'extension % could not be created: %', v_extension.name, sqlerrm;
    end;
  end loop;
end;
$$;

select app.schedule_sweeps();
select app.prepare_storage();
