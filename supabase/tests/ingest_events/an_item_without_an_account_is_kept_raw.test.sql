-- Notices of the whole business name no number.
begin;
select no_plan();

select is(tests.ingest(tests.event('n1', p_kind => 'notice', p_over => '{"account": null, "reason": "about the business"}')) -> 'raw', '1', 'it is kept');
select results_eq('select external_id, reason from app.webhook_events', $$ values (null::text, 'about the business') $$, 'with its own reason');

select * from finish();
rollback;
