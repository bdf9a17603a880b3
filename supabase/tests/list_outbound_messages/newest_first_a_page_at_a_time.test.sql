-- A list, filtered, page by page.
begin;
select no_plan();
select tests.clock();

create temp table m as select n, null::uuid as id from generate_series(1, 5) as n;
do $$ begin for v_n in 1 .. 5 loop perform tests.later('1 minute'); update pg_temp.m set id = tests.outbound('out-' || v_n) where m.n = v_n; end loop; end $$;
create function pg_temp.list (p_filter jsonb default '{}', p_slug text default 'a') returns setof text language plpgsql as $$
declare
  v_page jsonb := '{"next": null}';
begin
  loop
    v_page := app.list_outbound_messages(0::smallint, tests.tenant(p_slug), p_filter, nullif(v_page -> 'next', 'null'), 2);
    return query select x ->> 'id' from jsonb_array_elements(v_page -> 'items') as x;
    exit when v_page -> 'next' = 'null';
  end loop;
end; $$;
select results_eq('select pg_temp.list()', 'select id::text from m order by n desc', 'all of them, the newest first');
update app.outbound_message set created_at = app.now();
select bag_eq('select pg_temp.list()', 'select id::text from m', 'also of one time');
update app.outbound_message o set created_at = app.now() + make_interval(mins => m.n) from m where m.id = o.id;
select results_eq($$ select pg_temp.list(jsonb_build_object('created_from', app.now() + interval '2 minutes', 'created_before', app.now() + interval '4 minutes')) $$,
  'select id::text from m where n in (2, 3) order by n desc', 'within a time');
select app.set_outbound_status(0::smallint, id, 'CANCELLED') from m where n = 3;
select results_eq($$ select pg_temp.list('{"status": "CANCELLED"}') $$, 'select id::text from m where n = 3', 'of a status');
select is_empty($$ select pg_temp.list(jsonb_build_object('conversation_id', gen_random_uuid())) $$, 'of a conversation');
select is_empty($$ select pg_temp.list(p_slug => 'b') $$, 'nothing of another tenant');

select * from finish();
rollback;
