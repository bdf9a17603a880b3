-- A task is told when it is opened and when it is resolved, once, however often it came up.
begin;
select no_plan();
select tests.clock();

select tests.ingest(tests.event('in-1'));
create function pg_temp.open (p_conversation uuid) returns uuid language sql as $$
  select app.open_task(0::smallint, tests.tenant(), 'send_unknown', 'x', 'because', jsonb_build_object('conversation_id', p_conversation)); $$;
create function pg_temp.told () returns table (kind text, who text) language sql as $$
  select i.item ->> 'kind', i.item -> 'detail' ->> 'by'
    from jsonb_array_elements(app.conversation_timeline(0::smallint, tests.tenant(), tests.conversation()) -> 'items') with ordinality as i (item, n)
   where i.item ->> 'kind' like 'TASK%' order by i.n desc; $$;
select tests.later('1 second');
select pg_temp.open(tests.conversation());
select pg_temp.open(tests.conversation());
select results_eq('select kind, who from pg_temp.told()', $$ values ('TASK_OPENED', null::text) $$, 'opened, once');
select tests.later('1 second');
select app.resolve_task(0::smallint, tests.tenant(), 'send_unknown', 'x', 'user:ana', 'sent by hand');
select app.resolve_task(0::smallint, tests.tenant(), 'send_unknown', 'x', 'user:ana', 'sent by hand');
select results_eq('select kind, who from pg_temp.told()', $$ values ('TASK_OPENED', null), ('TASK_RESOLVED', 'user:ana') $$, 'and resolved, by whom');
select app.open_task(0::smallint, tests.tenant(), 'number_paused', 'y', 'because', jsonb_build_object('account_id', tests.account()));
select is(count(*), 2::bigint, 'one that is about no conversation stands in none') from pg_temp.told();

select * from finish();
rollback;
