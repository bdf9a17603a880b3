-- Each committed step of each workflow of the conversation, once; one that is taken back is gone.
begin;
select no_plan();
select tests.clock();

create temp table w as select tests.workflow() as id;
create function pg_temp.steps () returns table (n bigint, detail jsonb) language sql as $$
  select i.n, i.item -> 'detail'
    from jsonb_array_elements(app.conversation_timeline(0::smallint, tests.tenant(), tests.conversation()) -> 'items') with ordinality as i (item, n)
   where i.item ->> 'kind' = 'WORKFLOW_STEP' order by i.n desc; $$;
select results_eq($$ select detail ->> 'workflow', detail ->> 'step', detail ->> 'status' from pg_temp.steps() $$, $$ values ('order', 'ask', 'waiting') $$, 'its beginning');
select tests.later('1 second');
select app.advance_workflow(0::smallint, id, 1, '{"step": "pay", "status": "waiting", "state": {}}') from w;
select tests.later('1 second');
select app.finish_workflow(0::smallint, id, 2, '{"status": "failed", "error": {"code": "no_room"}}') from w;
select results_eq($$ select (detail ->> 'version')::integer, detail ->> 'step', detail ->> 'status', detail ->> 'code' from pg_temp.steps() $$,
  $$ values (1, 'ask', 'waiting', null), (2, 'pay', 'waiting', null), (3, 'pay', 'failed', 'no_room') $$, 'and each step after it, in order');
select ok(not detail ? 'state', 'without what it knows of the customer') from pg_temp.steps();
delete from app.workflow_steps where version = 3;
select is(count(*), 2::bigint, 'a step that is taken back is not told') from pg_temp.steps();

select * from finish();
rollback;
