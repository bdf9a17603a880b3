-- Calls the queue-worker function through pg_net when work is due and no runner is alive to do it, so that a project
-- without a runner is never deaf. Address and key come out of Vault, as Supabase documents it: the secrets `project_url`
-- and `queue_worker_key` (a secret key of its own: pg_net's table of requests can be read in the database for a while).
-- Returns the number of pg_net's request; null when there is nothing to do, or something is missing (pg_net, Vault, a secret),
-- which a warning names. Whatever the function answers, the next minute asks again. Called by: pg_cron.
create function app.call_queue_worker ()
  returns bigint
  language plpgsql
  set search_path = ''
as $$
declare
  -- Names in variables, because these schemas are not there on plain Postgres, and a check of this function would look for them.
  v_vault   text := 'vault.decrypted_secrets';
  v_post    text := 'net.http_post';
  v_url     text;
  v_key     text;
  v_request bigint;
begin
  if app.runner_is_alive() or not exists (
       select from (select distinct shard from public.tenants) as t
                cross join unnest(enum_range(null::app.queue_name)) as queue
        where app.next_queue_at(t.shard, queue) <= app.now()) then
    return null;
  end if;

  if to_regproc(v_post) is null or to_regclass(v_vault) is null then
    raise warning 'work is due, no runner is alive, and the queue-worker function cannot be called: pg_net and Vault are needed for it';
    return null;
  end if;
  execute format('select max(decrypted_secret) filter (where name = %L), max(decrypted_secret) filter (where name = %L) from %s',
    'project_url', 'queue_worker_key', v_vault) into v_url, v_key;
  if v_url is null or v_key is null then
    raise warning 'work is due, no runner is alive, and the queue-worker function cannot be called: store project_url and queue_worker_key in Vault';
    return null;
  end if;

  execute format('select %s(url => $1, headers => $2, timeout_milliseconds => 5000)', v_post)
    using rtrim(v_url, '/') || '/functions/v1/queue-worker', jsonb_build_object('content-type', 'application/json', 'apikey', v_key)
    into v_request;
  return v_request;
end;
$$;

revoke execute on function app.call_queue_worker from public;
grant execute on function app.call_queue_worker to service_role;
