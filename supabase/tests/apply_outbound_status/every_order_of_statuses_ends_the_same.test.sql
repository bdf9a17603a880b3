-- Forward only, in all 24 orders of four statuses, each twice.
begin;
select no_plan();

select tests.clock();
create temp table seen (orders text, final text, sent timestamptz, delivered timestamptz, read timestamptz, played timestamptz);
do $$
declare
  v_order text[];
  v_id    uuid;
  v_step  text;
  n       integer := 0;
begin
  for v_order in
    select array[a, b, c, d] from unnest(array['sent', 'delivered', 'read', 'played']) a, unnest(array['sent', 'delivered', 'read', 'played']) b,
           unnest(array['sent', 'delivered', 'read', 'played']) c, unnest(array['sent', 'delivered', 'read', 'played']) d
     where (select count(distinct x) from unnest(array[a, b, c, d]) x) = 4
  loop
    n := n + 1;
    v_id := tests.sent('k' || n, 'p' || n);
    update app.outbound_message set sent_at = null where id = v_id;
    foreach v_step in array v_order || v_order loop
      perform app.apply_outbound_status(0::smallint, v_id, 'p' || n, v_step,
        '2026-11-20 12:00:00Z'::timestamptz + make_interval(mins => array_position(array['sent', 'delivered', 'read', 'played'], v_step)));
    end loop;
    insert into seen select v_order::text, status, sent_at, delivered_at, read_at, played_at from app.outbound_message where id = v_id;
  end loop;
end; $$;
select is((select count(*)::integer from seen), 24, 'all orders were tried');
select results_eq('select distinct final, sent, delivered, read, played from seen',
  $$ values ('PLAYED', '2026-11-20 12:01:00Z'::timestamptz, '2026-11-20 12:02:00Z'::timestamptz, '2026-11-20 12:03:00Z'::timestamptz, '2026-11-20 12:04:00Z'::timestamptz) $$,
  'all end as played, with the same times');

select * from finish();
rollback;
