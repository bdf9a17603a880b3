-- Whether the provider knows by that id a send whose message has gone back into its lane since (react_to_failure), so
-- that what is still said about it speaks of nothing. Locks: none. Called by: apply_outbound_status.
create function app.is_spent_send (
  p_shard               smallint,
  p_outbound_id         uuid,
  p_provider_message_id text
)
  returns boolean
  language sql
  stable
  set search_path = ''
as $$
  select exists (select from app.outbound_attempt
                  where shard = p_shard and outbound_message_id = p_outbound_id
                    and provider_message_id = p_provider_message_id and error_code = '131047');
$$;

revoke execute on function app.is_spent_send from public;
grant execute on function app.is_spent_send to service_role;
