-- How long a refused message waits for its next attempt; null: it has failed. The class is the provider's table's
-- (commons/providers/*/error-codes.ts); what each class means stands here, once, for refusals and failed statuses alike.
-- p_refused: refusals that count, with this one. p_schedule: tenants.send_retry_s; after its last time the message has failed
-- whatever the class.
-- p_wait_s: the time that the provider or the table names; it goes before the schedule.
-- Without a time: the schedule, up to a tenth later by the message's id, so that what failed together does
-- not come back together. A conversation is a lane, so to wait slows the pair; accounts are slowed and stopped by
-- block_account. Called by: refuse_outbound.
create function app.retry_in (
  p_class       text,
  p_refused     integer,
  p_schedule    integer[],
  p_wait_s      double precision,
  p_outbound_id uuid
)
  returns interval
  language sql
  immutable
  set search_path = ''
as $$
  select case
    when p_refused > cardinality(p_schedule) then null
    -- Our own trouble before anything left: the message is not to blame.
    when p_class = 'again' then interval '1 second'
    when p_class in ('pause_number', 'stop_channel') then interval '0'
    -- As a template, or with the file uploaded anew: the second time as the first is the last.
    when p_class in ('window_closed', 'reupload') then case when p_refused <= 1 then interval '0' end
    when p_wait_s is not null and p_class in ('retry', 'slow_pair', 'slow_number', 'slow_app', 'later') then make_interval(secs => p_wait_s)
    when p_class = 'slow_pair' then interval '1 second' * power(4, p_refused)
    when p_class in ('slow_number', 'slow_app') then interval '1 second'
    when p_class = 'later' then interval '10 minutes'
    when p_class = 'retry' then interval '1 second' * p_schedule[greatest(p_refused, 1)]
                                * (1 + (hashtextextended(p_outbound_id::text, 0) & 1023) / 10240.0)
  end;
$$;

revoke execute on function app.retry_in from public;
grant execute on function app.retry_in to service_role;
