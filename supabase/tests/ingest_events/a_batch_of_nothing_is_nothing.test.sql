-- Meta's empty test deliveries.
begin;
select no_plan();

select is(app.ingest_events('cloud_api', '[]'), '{"stored": 0, "duplicates": 0, "raw": 0, "failed": 0, "wake": false}'::jsonb, 'no events, no harm');

select * from finish();
rollback;
