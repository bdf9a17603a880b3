-- Changes settings of a tenant; a null leaves a setting as it is, a p_max_concurrency of 0 takes the cap away. The table's checks refuse nonsense (23514).
-- Idempotent. Raises SB404 when there is no such tenant. Called by: the demo seed, tests.
create function app.configure_tenant (
  p_shard                  smallint,
  p_tenant_id              uuid,
  p_burst_quiet_ms         integer default null,
  p_burst_max_wait_ms      integer default null,
  p_takeover_pause_minutes integer default null,
  p_unknown_send_policy    text    default null,
  p_unknown_send_wait_s    integer default null,
  p_weight                 integer default null,
  p_max_concurrency        integer default null,
  p_burst_long_quiet_ms    integer default null,
  p_on_new_message         text    default null
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  update public.tenants t
     set burst_quiet_ms         = coalesce(p_burst_quiet_ms, t.burst_quiet_ms),
         burst_long_quiet_ms    = coalesce(p_burst_long_quiet_ms, t.burst_long_quiet_ms),
         burst_max_wait_ms      = coalesce(p_burst_max_wait_ms, t.burst_max_wait_ms),
         on_new_message         = coalesce(p_on_new_message, t.on_new_message),
         takeover_pause_minutes = coalesce(p_takeover_pause_minutes, t.takeover_pause_minutes),
         unknown_send_policy    = coalesce(p_unknown_send_policy, t.unknown_send_policy),
         unknown_send_wait_s    = coalesce(p_unknown_send_wait_s, t.unknown_send_wait_s),
         weight                 = coalesce(p_weight, t.weight),
         max_concurrency        = nullif(coalesce(p_max_concurrency, t.max_concurrency), 0)
   where t.shard = p_shard and t.id = p_tenant_id;
  if not found then
    raise exception sqlstate 'SB404' using message = format('there is no tenant %s in shard %s', p_tenant_id, p_shard);
  end if;
end;
$$;

revoke execute on function app.configure_tenant from public;
grant execute on function app.configure_tenant to service_role;
