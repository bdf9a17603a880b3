-- Notes that the provider took a message, and applies the statuses that came before we knew its id.
-- Locks: outbound message, message, then lock_provider_message, lane, ready. Called by: finish_outbound_attempt.
create function app.accept_outbound (
  p_shard               smallint,
  p_outbound            app.outbound_message,
  p_provider_message_id text
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_outbound app.outbound_message;
  v_orphan   app.orphan_statuses;
begin
  update app.outbound_message
     set status              = case when app.outbound_rank(status) < 1 then 'SENT' else status end,
         provider_message_id = case when app.outbound_rank(status) < 1 then p_provider_message_id
                                    else coalesce(provider_message_id, p_provider_message_id) end,
         sent_at             = coalesce(sent_at, app.now()),
         unknown_since       = null,
         error               = case when status = 'FAILED' then error end
   where shard = p_shard and id = p_outbound.id
  returning * into strict v_outbound;
  perform app.set_message_status(p_shard, v_outbound.message_id, v_outbound.status, v_outbound.provider_message_id);

  -- A status that could not find the message while this was not committed is among the orphans from here on.
  perform app.lock_provider_message(p_shard, p_outbound.account_id, p_provider_message_id);
  for v_orphan in
    delete from app.orphan_statuses
     where shard = p_shard and account_id = p_outbound.account_id and provider_message_id = p_provider_message_id
    returning *
  loop
    perform app.apply_outbound_status(p_shard, p_outbound.id, v_orphan.provider_message_id, v_orphan.status,
      v_orphan.occurred_at, v_orphan.error);
  end loop;
end;
$$;

revoke execute on function app.accept_outbound from public;
grant execute on function app.accept_outbound to service_role;
