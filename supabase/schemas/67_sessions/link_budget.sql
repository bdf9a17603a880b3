-- Counts one more try to link a session: five within an hour, because WhatsApp looks askance at a number that is linked again
-- and again. Raises SB409 with the time from which on it may be tried again. Locks: the session's row.
-- Called by: create_session, restart_session.
create function app.link_budget (
  p_shard      smallint,
  p_account_id uuid
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_now   timestamptz := app.now();
  v_since timestamptz;
begin
  update public.sessions
     set link_rounds    = case when link_window_at > v_now - interval '1 hour' then link_rounds else 0 end + 1,
         link_window_at = case when link_window_at > v_now - interval '1 hour' then link_window_at else v_now end
   where shard = p_shard and account_id = p_account_id
     and not (link_rounds >= 5 and link_window_at > v_now - interval '1 hour');
  if not found then
    select link_window_at into v_since from public.sessions where shard = p_shard and account_id = p_account_id;
    raise exception sqlstate 'SB409' using message = format('account %s was tried to be linked five times within an hour; try again after %s',
      p_account_id, to_char(v_since + interval '1 hour', 'HH24:MI "UTC"'));
  end if;
end;
$$;

revoke execute on function app.link_budget from public;
grant execute on function app.link_budget to service_role;
