-- Whether a session may go from one state to another (README, "A session"). Called by: set_session_state.
create function app.session_may_become (
  p_from text,
  p_to   text
)
  returns boolean
  language sql
  immutable
  set search_path = ''
as $$
  select p_to = any (case p_from
    when 'NEW'      then array['NEW', 'QR', 'PAIRING', 'BACKOFF', 'NEEDS_HUMAN', 'LOGGED_OUT']
    when 'QR'       then array['QR', 'PAIRING', 'BACKOFF', 'NEEDS_HUMAN', 'LOGGED_OUT']
    when 'PAIRING'  then array['PAIRING', 'OPEN', 'BACKOFF', 'NEEDS_HUMAN', 'LOGGED_OUT']
    when 'OPEN'     then array['OPEN', 'DEGRADED', 'BACKOFF', 'NEEDS_HUMAN', 'LOGGED_OUT']
    when 'DEGRADED' then array['OPEN', 'DEGRADED', 'BACKOFF', 'NEEDS_HUMAN', 'LOGGED_OUT']
    -- Not linked: back to a code. Linked: back to an open connection.
    when 'BACKOFF'  then array['QR', 'PAIRING', 'OPEN', 'DEGRADED', 'BACKOFF', 'NEEDS_HUMAN', 'LOGGED_OUT']
    when 'NEEDS_HUMAN' then array['OPEN', 'DEGRADED', 'BACKOFF', 'NEEDS_HUMAN', 'LOGGED_OUT']
    else array['LOGGED_OUT'] end);
$$;

revoke execute on function app.session_may_become from public;
grant execute on function app.session_may_become to service_role;
