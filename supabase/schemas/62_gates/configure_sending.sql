-- Changes how an account sends; a null leaves a setting as it is. p_business_id: the business account of the number
-- (Meta: the WABA), whose templates it shares. Idempotent. Raises SB404 when there is no such account, 23514 for a rate
-- out of range.
-- Called by: scripts/add-account, the demo seed, people.
create function app.configure_sending (
  p_shard            smallint,
  p_account_id       uuid,
  p_business_id      text    default null,
  p_send_rate_per_s  integer default null,
  p_pair_interval_ms integer default null,
  p_pair_burst       integer default null
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  update public.whatsapp_accounts
     set business_id      = coalesce(p_business_id, business_id),
         send_rate_per_s  = coalesce(p_send_rate_per_s, send_rate_per_s),
         pair_interval_ms = coalesce(p_pair_interval_ms, pair_interval_ms),
         pair_burst       = coalesce(p_pair_burst, pair_burst)
   where shard = p_shard and id = p_account_id;
  if not found then
    raise exception sqlstate 'SB404' using message = format('there is no account %s in shard %s', p_account_id, p_shard);
  end if;
end;
$$;

revoke execute on function app.configure_sending from public;
grant execute on function app.configure_sending to service_role;
