-- How long to wait before try number p_tries + 1: p_base doubled with every try, capped, with a jitter of a quarter
-- either way so that what failed together does not come back together.
-- Called by: schedule_message_retry.
create function app.backoff (
  p_tries integer,
  p_base  interval default '1 second',
  p_cap   interval default '5 minutes'
)
  returns interval
  language sql
  volatile
  set search_path = ''
as $$
  select least(p_base * power(2, least(greatest(p_tries, 1) - 1, 20)), p_cap) * (0.75 + random() / 2);
$$;

revoke execute on function app.backoff from public;
grant execute on function app.backoff to service_role;
