-- Until when free text may be sent in a conversation: infinity where the provider knows no window, -infinity when the
-- customer never wrote or the provider called the window closed after the customer's last message, else 24 hours after
-- that message, or the end of what an ad that led here opened, whichever is later. (Meta opens the latter only when it
-- is answered within a day; when it was not, the provider says so and that counts.) Locks: none. Called by:
-- window_gate, get_conversation.
create function app.send_window (
  p_shard           smallint,
  p_conversation_id uuid
)
  returns timestamptz
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
as $$
declare
  v_window timestamptz;
begin
  select case when app.provider_window(a.provider) is null then 'infinity'
              when w.closed_at >= coalesce(c.last_customer_message_at, '-infinity') then '-infinity'
              else greatest(c.last_customer_message_at + app.provider_window(a.provider), c.free_entry_until, '-infinity') end
    into v_window
    from public.conversations c
    join public.whatsapp_accounts a on a.shard = c.shard and a.id = c.account_id
    left join app.window_corrections w on w.shard = c.shard and w.conversation_id = c.id
   where c.shard = p_shard and c.id = p_conversation_id;
  return v_window;
end;
$$;

revoke execute on function app.send_window from public;
grant execute on function app.send_window to service_role;
