-- Stores an account's encrypted credentials in place of the earlier ones. What is encrypted never comes here in clear.
-- A channel that was stopped, because the old ones were refused, goes on with the new ones (resume_account_sending).
-- Idempotent. Called by: scripts/add-account, the demo seed.
create function app.set_account_credentials (
  p_shard      smallint,
  p_account_id uuid,
  p_key_id     text,
  p_ciphertext text
)
  returns void
  language plpgsql
  set search_path = ''
as $$
begin
  insert into app.whatsapp_account_credentials (shard, account_id, key_id, ciphertext, updated_at)
  values (p_shard, p_account_id, p_key_id, p_ciphertext, app.now())
  on conflict (shard, account_id) do update
    set key_id = excluded.key_id, ciphertext = excluded.ciphertext, updated_at = excluded.updated_at;

  perform app.resume_account_sending(s.shard, s.tenant_id, s.account_id)
     from app.account_send_state s
    where s.shard = p_shard and s.account_id = p_account_id and s.state = 'stopped';
end;
$$;

revoke execute on function app.set_account_credentials from public;
grant execute on function app.set_account_credentials to service_role;
