-- What retry_outbound_message does, in the name of whoever called.
begin;
select no_plan();
select tests.clock();

create temp table m as select tests.outbound() as id;
select app.set_outbound_status(0::smallint, id, 'FAILED', '{"code": "131026"}') from m;
select is(app.retry_api_message(0::smallint, tests.tenant(), '{"actor": "user:1"}', id) ->> 'status', 'QUEUED', 'it is done') from m;
select is(actor, 'user:1', 'and audited') from public.audit_logs join m on resource_id = m.id::text where meta ->> 'from' = 'FAILED' and meta ->> 'to' = 'QUEUED';
select throws_ok('select app.retry_api_message(0::smallint, tests.tenant($$b$$), $${}$$, id) from m', 'SB404', null, 'not for another tenant');

select * from finish();
rollback;
