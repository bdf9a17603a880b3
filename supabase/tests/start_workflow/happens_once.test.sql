-- The same id is the same workflow; another one of that name waits until the first has ended.
begin;
select no_plan();

select tests.clock();
create temp table w as select tests.workflow() as id;
select is(app.start_workflow(0::smallint, tests.conversation(), 'order', '{"step": "other", "status": "waiting"}', id), id, 'the same id again') from w;
select is((tests.workflow_row(id)).step, 'ask', 'changes nothing') from w;
select throws_ok($$ select tests.workflow() $$, 'SB409', null, 'a second one of that name is refused');
select lives_ok($$ select tests.workflow(p_name => 'another') $$, 'another name is not');
select app.cancel_workflow(0::smallint, id) from w;
select lives_ok($$ select tests.workflow() $$, 'and when the first has ended, there may be a second');
select throws_ok($$ select app.start_workflow(0::smallint, gen_random_uuid(), 'order', '{"step": "s", "status": "waiting"}') $$, 'SB404', null, 'no conversation');
select throws_ok($$ select tests.workflow('{"status": "sleeping"}', 'x') $$, '23514', null, 'no such status');

select * from finish();
rollback;
