-- A complete message does not wait for what an unfinished one waited for.
begin;
select no_plan();

select tests.clock();
select app.configure_tenant(0::smallint, tests.tenant(), p_burst_quiet_ms => 600, p_burst_long_quiet_ms => 2500);
create function pg_temp.waits () returns interval language sql as $$ select (tests.ready(tests.conversation())).at - app.now(); $$;
select tests.ingest(tests.event('m1', 'Hi'));
select is(pg_temp.waits(), interval '2500 milliseconds', 'a greeting: more is to come');
select tests.later('400 milliseconds');
select tests.ingest(tests.event('m2', 'Are you open today?'));
select is(pg_temp.waits(), interval '600 milliseconds', 'there it is');
select tests.ingest(tests.event('m3', 'and,'));
select is(pg_temp.waits(), interval '2500 milliseconds', 'more after all');
select tests.ingest(tests.event('m4', 'Terrace', p_over => '{"message": {"id": "m4", "type": "interactive", "text": "Terrace", "content": {}}}'));
select is(pg_temp.waits(), interval '0', 'a tap is answered at once');
select is((select count(*)::integer from tests.claim()), 4, 'all in one turn');
select tests.ingest(tests.event('m5', 'Hi'));
select is((tests.ready(tests.conversation())).quiet_until, app.now() + interval '2500 milliseconds', 'while a worker is at it');
select tests.ingest(tests.event('m6', 'One more thing: do you have parking?'));
select is((tests.ready(tests.conversation())).quiet_until, app.now() + interval '600 milliseconds', 'the same counts for the burst behind');

select * from finish();
rollback;
