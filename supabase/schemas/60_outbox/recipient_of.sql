-- Where to send in a conversation: {"phone": "..."} when the person's number is known, else {"bsuid": "..."}; null when
-- neither is. The newest number counts. Called by: start_outbound_attempt.
create function app.recipient_of (
  p_shard           smallint,
  p_conversation_id uuid
)
  returns jsonb
  language sql
  stable
  set search_path = ''
as $$
  select jsonb_build_object(i.kind, i.value)
    from public.conversations c
    join public.contact_identities i on i.shard = c.shard and i.contact_id = c.contact_id
   where c.shard = p_shard and c.id = p_conversation_id and i.kind in ('phone', 'bsuid')
   order by i.kind = 'phone' desc, i.created_at desc
   limit 1;
$$;

revoke execute on function app.recipient_of from public;
grant execute on function app.recipient_of to service_role;
