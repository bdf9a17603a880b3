-- The tables with a partition for each day: the column that says which, and the one that says since when a row is there.
-- Called by: prepare_history, drop_old_history.
create function app.history_tables ()
  returns table (name text, day_column text, since_column text)
  language sql
  immutable
  set search_path = ''
as $$
  values ('queue_history', 'finished_at', 'finished_at'),
         ('processed_messages', 'occurred_on', 'processed_at'),
         ('webhook_events', 'occurred_on', 'received_at'),
         ('audit_logs', 'created_at', 'created_at');
$$;

revoke execute on function app.history_tables from public;
grant execute on function app.history_tables to service_role;
