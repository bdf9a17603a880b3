-- Whether a message that came now would be answered, and if not, why not.
-- p_drain: work is also done without a runner, by the queue-worker function.
-- Returns {ready, checks: {worker, account, agent}}, each check true or a sentence that says what is missing.
-- Called by: the health function.
create function app.readiness (
  p_drain boolean
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  v_checks  jsonb;
  v_without text;
begin
  select string_agg(distinct a.agent, ', ')
    into v_without
    from public.whatsapp_accounts a
   where a.status = 'active'
     and not exists (
       select from app.service_endpoints e
        where e.service = a.agent and e.health <> 'unhealthy' and e.breaker <> 'open'
          and e.heartbeat_at > app.now() - interval '90 seconds');

  v_checks := jsonb_build_object(
    'worker', case when p_drain or app.runner_is_alive() then 'true'::jsonb
                   else to_jsonb('no runner gave a sign of life within 15 s: start packages/runner'::text) end,
    'account', case when exists (
                      select from public.whatsapp_accounts a
                        join app.whatsapp_account_credentials c on c.shard = a.shard and c.account_id = a.id
                       where a.status = 'active') then 'true'::jsonb
                    else to_jsonb('no active account with credentials: run npm run account:add'::text) end,
    'agent', case when v_without is null then 'true'::jsonb
                  else to_jsonb('no usable endpoint of ' || v_without || ': start packages/agents') end);

  return jsonb_build_object('ready', not exists (select from jsonb_each(v_checks) c where c.value <> 'true'), 'checks', v_checks);
end;
$$;

revoke execute on function app.readiness from public;
grant execute on function app.readiness to service_role;
