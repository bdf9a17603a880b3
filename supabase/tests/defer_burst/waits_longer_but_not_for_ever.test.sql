-- At most burst_max_wait_ms after the first message.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('m1'));
select app.defer_burst(0::smallint, tests.conversation(), app.now() + interval '3 seconds');
select is((tests.ready(tests.conversation())).at, app.now() + interval '3 seconds', 'it waits until then');
select app.defer_burst(0::smallint, tests.conversation(), app.now() + interval '1 second');
select is((tests.ready(tests.conversation())).at, app.now() + interval '3 seconds', 'and not shorter');
select app.defer_burst(0::smallint, tests.conversation(), 'infinity');
select is((tests.ready(tests.conversation())).at, app.now() + interval '6 seconds', 'for ever is 6 seconds after the first');
select lives_ok($$ select app.defer_burst(0::smallint, gen_random_uuid(), 'infinity') $$, 'where nothing waits, nothing happens');

select * from finish();
rollback;
