-- Refused by a status.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sent() as id;
select app.apply_outbound_status(0::smallint, id, 'wamid.out-1', 'failed', '2026-11-20 10:01:00Z', '{"code": 131026}') from o;
select results_eq('select o.status, o.error, o.failed_at, m.status from app.outbound_message o join public.messages m on m.id = o.message_id',
  $$ values ('FAILED', '{"code": 131026}'::jsonb, '2026-11-20 10:01:00Z'::timestamptz, 'FAILED') $$, 'it failed');
select app.apply_outbound_status(0::smallint, id, 'wamid.out-1', 'sent', '2026-11-20 10:00:30Z') from o;
select is(tests.outbound_status(id), 'FAILED', 'a late "sent" does not revive it') from o;
select app.apply_outbound_status(0::smallint, id, 'wamid.out-1', 'delivered', '2026-11-20 10:02:00Z') from o;
select results_eq('select status, error, failed_at from app.outbound_message', $$ values ('DELIVERED', null::jsonb, null::timestamptz) $$, '"delivered" does: it has arrived after all');
create temp table p as select tests.sent('out-2', 'p2') as id;
select app.apply_outbound_status(0::smallint, id, 'p2', 'failed', app.now()) from p;
select is((select error from app.outbound_message where idempotency_key = 'out-2'), '{}'::jsonb, 'a failure without a reason is a failure');

select * from finish();
rollback;
