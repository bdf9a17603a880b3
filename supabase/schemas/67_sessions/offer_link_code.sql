-- Shows people a code that links the session: a QR code (the session is QR) or a pairing code (PAIRING), until p_for has passed.
-- Raises SB001 under a stale lease, SB409 when the session is in no state to be linked. Locks: lease (shared), link, session.
-- Called by: the runner.
create function app.offer_link_code (
  p_shard      smallint,
  p_account_id uuid,
  p_token      bigint,
  p_code       text,
  p_for        interval
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_method text;
begin
  perform app.assert_session(p_shard, p_account_id, p_token);
  update public.session_links set code = p_code, expires_at = app.now() + p_for
   where shard = p_shard and account_id = p_account_id
  returning method into strict v_method;
  perform app.set_session_state(p_shard, p_account_id, p_token, case v_method when 'qr' then 'QR' else 'PAIRING' end);
end;
$$;

revoke execute on function app.offer_link_code from public;
grant execute on function app.offer_link_code to service_role;
