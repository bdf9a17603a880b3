-- Outbound messages of a tenant, newest first, a page at a time.
-- p_filter: {conversation_id, status, created_from, created_before}, each as far as it is wanted. p_before: {at, id} of the last
-- one of the page before. p_limit: 1 to 100. Returns {items: [outbound_resource], next: {at, id} | null}.
-- A status alone is looked for along the tenant's messages; a range of time keeps that short.
-- Locks: none. Called by: the HTTP API.
create function app.list_outbound_messages (
  p_shard     smallint,
  p_tenant_id uuid,
  p_filter    jsonb   default '{}',
  p_before    jsonb   default null,
  p_limit     integer default 50
)
  returns jsonb
  language plpgsql
  stable
  set search_path = ''
  set timezone = 'UTC'
as $$
declare
  v_limit        integer := least(greatest(coalesce(p_limit, 50), 1), 100);
  v_conversation uuid := (p_filter ->> 'conversation_id')::uuid;
  v_items        jsonb;
begin
  with page as materialized (
    select o.*
      from app.outbound_message o
     where o.shard = p_shard and o.tenant_id = p_tenant_id
       and (v_conversation is null or o.conversation_id = v_conversation)
       and (p_filter ->> 'status' is null or o.status = p_filter ->> 'status')
       and o.created_at >= coalesce((p_filter ->> 'created_from')::timestamptz, '-infinity')
       and o.created_at < coalesce((p_filter ->> 'created_before')::timestamptz, 'infinity')
       and (p_before is null or (o.created_at, o.id) < ((p_before ->> 'at')::timestamptz, (p_before ->> 'id')::uuid))
     order by o.created_at desc, o.id desc
     limit v_limit + 1
  )
  select coalesce(jsonb_agg(app.outbound_resource(p::app.outbound_message) order by p.created_at desc, p.id desc), '[]')
    into v_items
    from page p;

  if jsonb_array_length(v_items) <= v_limit then
    return jsonb_build_object('items', v_items, 'next', null);
  end if;
  v_items := v_items - v_limit;
  return jsonb_build_object('items', v_items, 'next', jsonb_build_object('at', v_items -> -1 -> 'created_at', 'id', v_items -> -1 -> 'id'));
end;
$$;

revoke execute on function app.list_outbound_messages from public;
grant execute on function app.list_outbound_messages to service_role;
