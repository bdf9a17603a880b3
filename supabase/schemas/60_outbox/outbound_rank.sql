-- How far a status is along the way; statuses move an outbound message up this order only.
-- Called by: apply_outbound_status.
create function app.outbound_rank (
  p_status text
)
  returns integer
  language sql
  immutable
  set search_path = ''
as $$
  select case p_status
    when 'PARKED' then 0 when 'QUEUED' then 0 when 'SENDING' then 0 when 'UNKNOWN' then 0
    when 'SENT' then 1 when 'FAILED' then 2 when 'DELIVERED' then 3 when 'READ' then 4 when 'PLAYED' then 5
    else 9 end;
$$;

revoke execute on function app.outbound_rank from public;
grant execute on function app.outbound_rank to service_role;
