-- What cancel_outbound_message does, in the name of whoever called.
begin;
select no_plan();
select tests.clock();

create temp table m as select tests.outbound() as id;
select is(app.cancel_api_message(0::smallint, tests.tenant(), '{"actor": "user:1"}', id) ->> 'status', 'CANCELLED', 'it is done') from m;
select is(actor, 'user:1', 'and audited') from public.audit_logs join m on resource_id = m.id::text where meta ->> 'from' = 'QUEUED' and meta ->> 'to' = 'CANCELLED';
select throws_ok('select app.cancel_api_message(0::smallint, tests.tenant($$b$$), $${}$$, id) from m', 'SB404', null, 'not for another tenant');

select * from finish();
rollback;
