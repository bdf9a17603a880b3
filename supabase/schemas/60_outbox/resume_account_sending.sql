-- Lets an account send again that was slowed, paused or stopped: its messages go on at once, in their order, and the
-- tasks about it are resolved. An account whose own status is not active keeps waiting for that.
-- p_by: who says so ('user:<uuid>', 'key:<uuid>', 'system'). Returns whether anything kept it. Idempotent.
-- Raises SB404 when the tenant has no such account.
-- Locks: the account's advisory lock of block_account, its state and tasks, then lanes in ascending order.
-- Called by: people, set_account_credentials.
create function app.resume_account_sending (
  p_shard      smallint,
  p_tenant_id  uuid,
  p_account_id uuid,
  p_by         text default 'system'
)
  returns boolean
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_blocked boolean;
begin
  if not exists (select from public.whatsapp_accounts where shard = p_shard and id = p_account_id and tenant_id = p_tenant_id) then
    raise exception sqlstate 'SB404' using message = format('there is no account %s', p_account_id);
  end if;

  perform pg_advisory_xact_lock(hashtextextended('account_send_state:' || p_account_id, p_shard));
  delete from app.account_send_state where shard = p_shard and account_id = p_account_id;
  v_blocked := found;
  perform app.resolve_task(p_shard, p_tenant_id, x.kind, p_account_id::text, p_by, 'sending goes on')
     from unnest(array['number_paused', 'channel_stopped']) as x (kind);

  perform app.wake_lane(p_shard, 'outbound', w.lane_id)
     from (select r.lane_id
             from app.queue_ready r
             join public.conversations c on c.shard = r.shard and c.id = r.lane_id and c.account_id = p_account_id
            where r.shard = p_shard and r.queue = 'outbound' and r.tenant_id = p_tenant_id and r.leased_by is null and r.parked_at is null
              and r.at > app.now()
            order by r.lane_id) as w;
  return v_blocked;
end;
$$;

revoke execute on function app.resume_account_sending from public;
grant execute on function app.resume_account_sending to service_role;
