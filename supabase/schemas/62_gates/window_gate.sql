-- What becomes of a message by the state of the window: null while it is open and for templates; else 'replace' by the
-- tenant's template (fill_window_template), or 'park' for a person when there is no way. Locks: none. Called by:
-- check_outbound.
create function app.window_gate (
  p_shard    smallint,
  p_tenant   public.tenants,
  p_outbound app.outbound_message
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
as $$
declare
  v_filled jsonb;
begin
  if p_outbound.content ->> 'type' = 'template' or app.send_window(p_shard, p_outbound.conversation_id) > app.now() then
    return null;
  end if;
  v_filled := app.fill_window_template(p_shard, p_tenant, p_outbound);
  if v_filled ? 'content' then
    return jsonb_build_object('verdict', 'replace', 'content', v_filled -> 'content');
  end if;
  return jsonb_build_object('verdict', 'park', 'code', 'window_closed',
    'message', format('The customer''s window is closed and no template could take the message: %s. Send a template, or wait until the customer writes.',
                      v_filled ->> 'problem'));
end;
$$;

revoke execute on function app.window_gate from public;
grant execute on function app.window_gate to service_role;
