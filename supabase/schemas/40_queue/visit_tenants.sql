-- Which tenants a claim looks at besides those of p_known, who have waited longest: p_count with lanes in the queue, found
-- by one index descent each, from a point in the ring of all ids that moves on with every claim (p_turn), so that
-- everybody is visited again and again. Called by: pick_lanes_fairly.
create function app.visit_tenants (
  p_shard smallint,
  p_queue app.queue_name,
  p_turn  bigint,
  p_known uuid[],
  p_count integer default 32
)
  returns uuid[]
  language plpgsql
  stable
  set search_path = ''
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_sort = off
as $$
declare
  -- Multiples of the golden ratio leave no gap unvisited for long.
  v_from    uuid := (lpad(to_hex((p_turn % 4294967296 * 2654435769) % 4294967296), 8, '0') || '000000000000000000000000')::uuid;
  v_at      uuid := v_from;
  v_wrapped boolean := false;
  v_next    uuid;
  v_found   uuid[] := '{}';
begin
  for n in 1 .. p_count loop
    select r.tenant_id into v_next
      from app.queue_ready r
     where r.shard = p_shard and r.queue = p_queue and r.tenant_id > v_at and r.leased_by is null and r.parked_at is null
     order by r.tenant_id
     limit 1;
    if v_next is null and not v_wrapped then
      v_wrapped := true;
      select r.tenant_id into v_next
        from app.queue_ready r
       where r.shard = p_shard and r.queue = p_queue and r.leased_by is null and r.parked_at is null
       order by r.tenant_id
       limit 1;
    end if;
    exit when v_next is null or (v_wrapped and v_next > v_from);
    v_at := v_next;
    if v_next <> all (p_known) then
      v_found := v_found || v_next;
    end if;
  end loop;
  return v_found;
end;
$$;

revoke execute on function app.visit_tenants from public;
grant execute on function app.visit_tenants to service_role;
