-- Never later, never before now.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('m1'));
select app.defer_burst(0::smallint, tests.conversation(), 'infinity');
select app.hasten_burst(0::smallint, tests.conversation(), app.now() + interval '2 seconds', '6 seconds');
select results_eq('select at, quiet_until from app.queue_ready', $$ select app.now() + interval '2 seconds', app.now() + interval '2 seconds' $$, 'it waits until then');
select app.hasten_burst(0::smallint, tests.conversation(), app.now() + interval '5 seconds', '6 seconds');
select is((tests.ready(tests.conversation())).at, app.now() + interval '2 seconds', 'and not longer');
select app.hasten_burst(0::smallint, tests.conversation(), app.now() - interval '1 second', '6 seconds');
select is((tests.ready(tests.conversation())).at, app.now(), 'what is over is now');
select tests.later('1 second');
select app.hasten_burst(0::smallint, tests.conversation(), app.now(), '6 seconds');
select is((tests.ready(tests.conversation())).at, app.now() - interval '1 second', 'a lane that is due keeps its place');
select tests.claim();
create temp table before as select tests.ready(tests.conversation()) as r;
select app.hasten_burst(0::smallint, tests.conversation(), app.now() - interval '1 hour', '0');
select is((tests.ready(tests.conversation())).at, (select (r).at from before), 'a lease is left alone');

select * from finish();
rollback;
