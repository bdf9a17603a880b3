-- What two answers cost together: numbers are added, lists put behind each other, of anything else the second counts.
-- Called by: complete_turn, supersede_turn.
create function app.add_usage (
  p_one jsonb,
  p_two jsonb
)
  returns jsonb
  language sql
  immutable
  set search_path = ''
as $$
  select p_one || p_two || coalesce(jsonb_object_agg(k.key,
           case jsonb_typeof(p_one -> k.key) when 'number' then to_jsonb((p_one ->> k.key)::numeric + (p_two ->> k.key)::numeric)
                                             else (p_one -> k.key) || (p_two -> k.key) end), '{}')
    from jsonb_object_keys(p_one) as k (key)
   where jsonb_typeof(p_one -> k.key) = jsonb_typeof(p_two -> k.key) and jsonb_typeof(p_one -> k.key) in ('number', 'array');
$$;

revoke execute on function app.add_usage from public;
grant execute on function app.add_usage to service_role;
