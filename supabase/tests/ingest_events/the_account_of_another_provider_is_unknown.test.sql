-- (provider, external id) routes, not the id alone.
begin;
select no_plan();

select tests.account();
select is(app.ingest_events('twilio', jsonb_build_array(tests.event('m1'))) -> 'raw', '1', 'an id of cloud_api means nothing at twilio');

select * from finish();
rollback;
