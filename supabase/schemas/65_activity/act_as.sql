-- Says for the rest of the transaction who acts, and from where: what log_audit and note_activity write down.
-- p_caller: {actor: 'user:<uuid>' | 'key:<uuid>' | 'agent:<name>' | 'provider', ip, user_agent}; an address that is none is left out.
-- Locks: none. Called by: the functions behind the HTTP API, complete_turn, apply_outbound_status.
create function app.act_as (
  p_caller jsonb
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_ip text := p_caller ->> 'ip';
begin
  if v_ip is not null then
    begin
      perform v_ip::inet;
    exception when invalid_text_representation then
      v_ip := null;
    end;
  end if;
  perform set_config('app.actor', left(coalesce(p_caller ->> 'actor', ''), 200), true),
          set_config('app.ip', coalesce(v_ip, ''), true),
          set_config('app.user_agent', left(coalesce(p_caller ->> 'user_agent', ''), 400), true);
end;
$$;

revoke execute on function app.act_as from public;
grant execute on function app.act_as to service_role;
