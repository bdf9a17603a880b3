-- Moves an outbound message to where a status says it is, forward only; the times of steps that come late are noted
-- all the same. A status also proves that the provider took the attempt that it speaks of: one of unknown end becomes
-- ACCEPTED, one that is only intended is given up, and a lane that waited to know goes on.
-- A failed status proves that the attempt was not delivered, and does what a refusal does (refuse_outbound), unless another
-- attempt is at hand or may have been taken: QUEUED again as a new attempt, or FAILED.
-- Which attempt: the one of that provider's id, else the oldest one of which no id is known.
-- p_status: sent | delivered | read | played | failed; anything else raises SB400. p_error: for failed, {code, class, message,
-- retry_after_s}. Idempotent. Locks: outbound message, message, those of refuse_outbound, lane, ready. Called by: ingest_status,
-- accept_outbound.
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
  v_now     timestamptz := app.now();
  v_before  app.outbound_message;
  v_after   app.outbound_message;
  v_attempt app.outbound_attempt;
  v_status  text := upper(p_status);
  v_forward boolean;
begin
  if p_status is null or p_status not in ('sent', 'delivered', 'read', 'played', 'failed') then
    raise exception sqlstate 'SB400' using message = format('%s is no status of a message', coalesce(p_status, 'null'));
  end if;

  select * into strict v_before from app.outbound_message where shard = p_shard and id = p_outbound_id for update;
  v_forward := app.outbound_rank(v_status) > app.outbound_rank(v_before.status);
  select a.* into v_attempt
    from app.outbound_attempt a
   where a.shard = p_shard and a.outbound_message_id = p_outbound_id
     and (a.provider_message_id = p_provider_message_id or (a.provider_message_id is null and a.state in ('IO_STARTED', 'UNKNOWN')))
   order by a.provider_message_id is null, a.attempt_no
   limit 1;
  -- What has failed was sent before: only that it arrived is news.
  if v_status = 'SENT' and v_attempt.state = 'REJECTED' then
    return;
  end if;

  perform app.act_as('{"actor": "provider"}');
  if v_status = 'FAILED' then
    if not v_forward then
      return;
    end if;
    update app.outbound_attempt
       set state = 'REJECTED', finished_at = coalesce(finished_at, v_now), provider_message_id = p_provider_message_id,
           error_code = p_error ->> 'code'
     where shard = p_shard and outbound_message_id = p_outbound_id and attempt_no = v_attempt.attempt_no
       and state in ('IO_STARTED', 'UNKNOWN', 'ACCEPTED');
    -- Told before, or there is another attempt, at hand or maybe taken.
    if (v_attempt.attempt_no is not null and not found) or v_before.status = 'QUEUED' or exists (
      select from app.outbound_attempt a
       where a.shard = p_shard and a.outbound_message_id = p_outbound_id and a.state <> 'REJECTED'
    ) then
      return;
    end if;
    v_after := app.refuse_outbound(p_shard, v_before, v_attempt.attempt_no, coalesce(p_error, '{}'), true, p_occurred_at);
    if v_after.status = 'FAILED' then
      perform app.set_message_status(p_shard, v_before.message_id, null, coalesce(v_before.provider_message_id, p_provider_message_id));
      update app.outbound_message set provider_message_id = coalesce(provider_message_id, p_provider_message_id)
       where shard = p_shard and id = p_outbound_id;
    elsif v_before.status <> 'SENDING' then
      -- Of what is SENDING the work is in its worker's hands, who holds the lane until the time has come.
      perform app.requeue_outbound(p_shard, v_after, (
        select a.next_retry_at from app.outbound_attempt a
         where a.shard = p_shard and a.outbound_message_id = p_outbound_id and a.attempt_no = v_attempt.attempt_no));
    end if;
  else
    update app.outbound_message
       set status              = case when v_forward then v_status else status end,
           provider_message_id = coalesce(provider_message_id, p_provider_message_id),
           error               = case when not v_forward then error end,
           unknown_since       = null,
           sent_at             = case v_status when 'SENT' then coalesce(sent_at, p_occurred_at) else sent_at end,
           delivered_at        = case v_status when 'DELIVERED' then coalesce(delivered_at, p_occurred_at) else delivered_at end,
           read_at             = case v_status when 'READ' then coalesce(read_at, p_occurred_at) else read_at end,
           played_at           = case v_status when 'PLAYED' then coalesce(played_at, p_occurred_at) else played_at end,
           failed_at           = case when not v_forward then failed_at end
     where shard = p_shard and id = p_outbound_id
       and (v_forward or v_before.status not in ('FAILED', 'CANCELLED'));
    perform app.set_message_status(p_shard, v_before.message_id, case when v_forward then v_status end,
      coalesce(v_before.provider_message_id, p_provider_message_id));

    update app.outbound_attempt
       set state               = case when attempt_no = v_attempt.attempt_no then 'ACCEPTED' else 'REJECTED' end,
           finished_at         = v_now,
           provider_message_id = case when attempt_no = v_attempt.attempt_no then p_provider_message_id end,
           next_retry_at       = null,
           error_code          = case when attempt_no = v_attempt.attempt_no then error_code else 'overtaken' end
     where shard = p_shard and outbound_message_id = p_outbound_id
       and ((attempt_no = v_attempt.attempt_no and (state in ('IO_STARTED', 'UNKNOWN') or (state = 'REJECTED' and v_status <> 'SENT')))
            or (attempt_no is distinct from v_attempt.attempt_no and state = 'INTENT'));
  end if;

  if v_before.status in ('UNKNOWN', 'SENDING') then
    perform app.wake_lane(p_shard, 'outbound', v_before.conversation_id);
  end if;
end;
$$;

revoke execute on function app.apply_outbound_status from public;
grant execute on function app.apply_outbound_status to service_role;
