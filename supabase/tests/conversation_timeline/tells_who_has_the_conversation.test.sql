-- A hand-off to a person and back, given back or run out, each once.
begin;
select no_plan();
select tests.clock();

create function pg_temp.hands () returns table (at timestamptz, whom text, how text) language sql as $$
  select (i.item ->> 'at')::timestamptz, i.item -> 'detail' ->> 'to', i.item -> 'detail' ->> 'how'
    from jsonb_array_elements(app.conversation_timeline(0::smallint, tests.tenant(), tests.conversation()) -> 'items') with ordinality as i (item, n)
   where i.item ->> 'kind' = 'HANDOFF' order by i.n desc; $$;
select tests.ingest(tests.event('echo-1', p_kind => 'echo'));
create temp table over as select agent_paused_until as at from public.conversations where id = tests.conversation();
select results_eq('select whom, how from pg_temp.hands()', $$ values ('person', 'took_over') $$, 'a person writes');
select set_config('app.fake_now', (at + interval '1 minute')::text, true) from over;
select results_eq('select whom, how from pg_temp.hands()', $$ values ('person', 'took_over'), ('agent', 'pause_over') $$, 'the pause runs out');
select ok(h.at = o.at, 'told when it did') from pg_temp.hands() h, over o where h.how = 'pause_over';
select tests.ingest(tests.event('echo-2', p_kind => 'echo'));
select results_eq('select whom, how from pg_temp.hands()', $$ values ('person', 'took_over'), ('agent', 'pause_over'), ('person', 'took_over') $$, 'and is not forgotten when another one begins');
select tests.later('1 second');
update public.conversations set agent_paused_until = null where id = tests.conversation();
select results_eq('select whom, how from pg_temp.hands()', $$ values ('person', 'took_over'), ('agent', 'pause_over'), ('person', 'took_over'), ('agent', 'given_back') $$, 'given back');

select tests.later('1 second');
select tests.ingest(tests.event('echo-3', p_kind => 'echo'));
select tests.later('1 second');
update public.conversations set agent_paused_until = app.now() where id = tests.conversation();
select results_eq('select whom, how from pg_temp.hands() offset 4', $$ values ('person', 'took_over'), ('agent', 'pause_over') $$, 'or cut short, once');

select * from finish();
rollback;
