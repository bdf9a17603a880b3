-- Whether an error speaks of the server and not of the data: connection, deadlock or serialization, resources,
-- shutdown or cancel, system, configuration, and a schema or grants that do not fit (42, 0A: a deployment half way).
-- Such work is to be tried again as it is.
-- Called by: ingest_shard_events, ingest_batch.
create function app.is_server_trouble (
  p_sqlstate text
)
  returns boolean
  language sql
  immutable
  set search_path = ''
as $$
  select left(p_sqlstate, 2) in ('08', '0A', '40', '42', '53', '55', '57', '58', 'F0', 'XX') or p_sqlstate = '25006';
$$;

revoke execute on function app.is_server_trouble from public;
grant execute on function app.is_server_trouble to service_role;
