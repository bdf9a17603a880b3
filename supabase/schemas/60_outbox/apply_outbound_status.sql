-- Moves an outbound message to where a status says it is, forward only; the times of steps that come late are noted
-- all the same. A status also proves that the provider took the message: an attempt of unknown end becomes ACCEPTED,
-- and a lane that waited to know goes on.
-- p_status: sent | delivered | read | played | failed; anything else raises SB400. p_error: for failed. Idempotent.
-- Locks: outbound message, message, lane, ready. Called by: ingest_status, accept_outbound.
create function app.apply_outbound_status (
  p_shard               smallint,
  p_outbound_id         uuid,
  p_provider_message_id text,
  p_status              text,
  p_occurred_at         timestamptz,
  p_error               jsonb default null
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_before  app.outbound_message;
  v_status  text := upper(p_status);
  v_forward boolean;
begin
  if p_status is null or p_status not in ('sent', 'delivered', 'read', 'played', 'failed') then
    raise exception sqlstate 'SB400' using message = format('%s is no status of a message', coalesce(p_status, 'null'));
  end if;

  select * into strict v_before from app.outbound_message where shard = p_shard and id = p_outbound_id for update;
  v_forward := app.outbound_rank(v_status) > app.outbound_rank(v_before.status);

  perform app.act_as('{"actor": "provider"}');
  update app.outbound_message
     set status              = case when v_forward then v_status else status end,
         provider_message_id = coalesce(provider_message_id, p_provider_message_id),
         error               = case when v_forward and v_status = 'FAILED' then coalesce(p_error, '{}') when v_forward then null else error end,
         unknown_since       = null,
         sent_at             = case v_status when 'SENT' then coalesce(sent_at, p_occurred_at) else sent_at end,
         delivered_at        = case v_status when 'DELIVERED' then coalesce(delivered_at, p_occurred_at) else delivered_at end,
         read_at             = case v_status when 'READ' then coalesce(read_at, p_occurred_at) else read_at end,
         played_at           = case v_status when 'PLAYED' then coalesce(played_at, p_occurred_at) else played_at end,
         failed_at           = case when v_forward then case v_status when 'FAILED' then p_occurred_at end else failed_at end
   where shard = p_shard and id = p_outbound_id
     and (v_forward or v_before.status not in ('FAILED', 'CANCELLED'));

  perform app.set_message_status(p_shard, v_before.message_id, case when v_forward then v_status end, p_provider_message_id);

  update app.outbound_attempt
     set state = 'ACCEPTED', finished_at = app.now(), provider_message_id = p_provider_message_id
   where shard = p_shard and outbound_message_id = p_outbound_id and state in ('IO_STARTED', 'UNKNOWN');

  if v_before.status in ('UNKNOWN', 'SENDING') then
    perform app.wake_lane(p_shard, 'outbound', v_before.conversation_id);
  end if;
end;
$$;

revoke execute on function app.apply_outbound_status from public;
grant execute on function app.apply_outbound_status to service_role;
