-- A page is followed by the next one, nothing twice and nothing left out, also among entries of one time.
begin;
select no_plan();
select tests.clock();

select tests.ingest(tests.event('in-' || n)) from generate_series(1, 7) as n;
create function pg_temp.all_pages () returns setof text language plpgsql as $$
declare
  v_page jsonb := '{"next": null}';
begin
  loop
    v_page := app.conversation_timeline(0::smallint, tests.tenant(), tests.conversation(), nullif(v_page -> 'next', 'null'), 2);
    return query select x ->> 'ref' from jsonb_array_elements(v_page -> 'items') as x;
    exit when v_page -> 'next' = 'null';
  end loop;
end; $$;
select bag_eq('select pg_temp.all_pages()', $$ select '10:' || id from public.messages $$, 'each message once');
select results_eq('select pg_temp.all_pages()', $$ select x ->> 'ref' from jsonb_array_elements(app.conversation_timeline(0::smallint, tests.tenant(), tests.conversation(), null, 200) -> 'items') as x $$, 'in the order of one page');

select * from finish();
rollback;
