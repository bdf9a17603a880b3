-- Payloads may hold anything.
begin;
select no_plan();

select tests.clock();
select is(app.outbound_id('{"outbound_id": "00000000-0000-4000-8000-000000000001"}'), '00000000-0000-4000-8000-000000000001'::uuid, 'a message is named');
select is(app.outbound_id('{"outbound_id": "nonsense"}'), null::uuid, 'nonsense is not');
select is(app.outbound_id('{}'), null::uuid, 'nothing neither');

select * from finish();
rollback;
