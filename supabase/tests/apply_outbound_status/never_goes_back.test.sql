-- Late statuses.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sent() as id;
select app.apply_outbound_status(0::smallint, id, 'wamid.out-1', 'read', '2026-11-20 10:03:00Z') from o;
select app.apply_outbound_status(0::smallint, id, 'wamid.out-1', 'delivered', '2026-11-20 10:02:00Z') from o;
select results_eq('select o.status, o.delivered_at, o.read_at, m.status from app.outbound_message o join public.messages m on m.id = o.message_id',
  $$ values ('READ', '2026-11-20 10:02:00Z'::timestamptz, '2026-11-20 10:03:00Z'::timestamptz, 'READ') $$, 'read stays read; the time of delivery is noted');
select app.apply_outbound_status(0::smallint, id, 'wamid.out-1', 'read', '2026-11-20 10:09:00Z') from o;
select is((select read_at from app.outbound_message), '2026-11-20 10:03:00Z'::timestamptz, 'the first time counts');
select app.apply_outbound_status(0::smallint, id, 'wamid.out-1', 'failed', '2026-11-20 10:10:00Z', '{"code": 1}') from o;
select results_eq('select status, error, failed_at from app.outbound_message', $$ values ('READ', null::jsonb, null::timestamptz) $$, 'what was read did not fail');

select * from finish();
rollback;
