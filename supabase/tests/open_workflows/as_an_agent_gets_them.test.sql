-- The open workflows of a conversation with what rang for them.
begin;
select no_plan();

select tests.clock();
create temp table w as select tests.workflow(p_name => 'one') as one;
select tests.later('1 minute');
create temp table v as select tests.workflow('{"wait_s": null}', 'two') as two, tests.workflow(p_name => 'ended') as ended;
select app.cancel_workflow(0::smallint, ended) from v;
select tests.later('2 hours');
select app.promote_scheduled(0::smallint);
select is(app.open_workflows(0::smallint, tests.conversation(), 1, 5), jsonb_build_array(
  jsonb_build_object('id', one, 'name', 'one', 'step', 'ask', 'status', 'waiting', 'state', '{"n": 1}'::jsonb, 'version', 1, 'expires_at', (tests.workflow_row(one)).expires_at, 'timer', 'timeout'),
  jsonb_build_object('id', two, 'name', 'two', 'step', 'ask', 'status', 'waiting', 'state', '{"n": 1}'::jsonb, 'version', 1, 'expires_at', null, 'timer', null)), 'oldest first') from w, v;
select is(app.open_workflows(0::smallint, gen_random_uuid(), 1, 5), '[]', 'none is an empty list');

select * from finish();
rollback;
