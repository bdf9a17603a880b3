-- queued, stored, duplicates, raw, noted.
begin;
select no_plan();

select tests.account();
create function pg_temp.take (p_event jsonb) returns text language sql as
$$ select app.ingest_event(0::smallint, 'cloud_api', p_event || jsonb_build_object('account_id', tests.account(), 'tenant_id', tests.tenant())) $$;
select is(pg_temp.take(tests.event('m1')), 'queued', 'a message that calls for an answer is queued');
select is(pg_temp.take(tests.event('m1')), 'duplicates', 'once');
select is(pg_temp.take(tests.event('m2', p_over => '{"wakes_agent": false}')), 'stored', 'one that does not is stored');
select is(pg_temp.take(tests.status('x', 'sent')), 'stored', 'a status is stored');
select is(pg_temp.take(tests.event('n', p_kind => 'notice')), 'raw', 'a notice is kept raw');
select is(pg_temp.take(tests.event('e', p_kind => 'echo')), 'stored', 'an echo is stored');
select is(pg_temp.take(tests.event('t', p_kind => 'typing')), 'noted', 'a sign of typing leaves no trace');

select * from finish();
rollback;
