-- Found by the business account, which several numbers may share.
begin;
select no_plan();

select tests.clock();
select tests.delivery();
select app.configure_sending(0::smallint, tests.account(p_no => '2'), 'waba-a');
create function pg_temp.news (p_id text, p_change jsonb, p_name text default 'hello', p_late interval default '0') returns jsonb language sql as $$
  select tests.ingest(jsonb_build_object('kind', 'template', 'key', 'raw:' || p_id, 'account', null, 'business', 'waba-a', 'occurred_at', app.now() - p_late, 'correlation_id', 'c',
    'raw', '{}'::jsonb, 'reason', 'message_template_status_update', 'template', jsonb_build_object('id', '77', 'name', p_name, 'language', 'en-US'), 'change', p_change));
$$;
select is(pg_temp.news('1', '{"status": "PAUSED", "reason": "low quality"}') ->> 'raw', '1', 'it is kept raw');
select results_eq('select status, rejected_reason from public.message_templates', $$ values ('PAUSED', 'low quality') $$, 'and applied');
select is(pg_temp.news('1', '{"status": "PAUSED"}') ->> 'duplicates', '1', 'once');
select pg_temp.news('2', '{"status": "REINSTATED"}'), pg_temp.news('3', '{"category": "MARKETING"}'), pg_temp.news('4', '{"quality": "YELLOW"}'), pg_temp.news('5', '{"status": "FLAGGED"}');
select results_eq('select status, category, quality from public.message_templates', $$ values ('APPROVED', 'MARKETING', 'YELLOW') $$, 'of every kind');
select pg_temp.news('6', '{"status": "REJECTED"}', p_late => '1 minute');
select results_eq('select status from public.message_templates', $$ values ('APPROVED') $$, 'older news undoes nothing');
update app.template_syncs set due_at = app.now() + interval '1 hour';
select pg_temp.news('7', '{"components": true}');
select results_eq('select due_at from app.template_syncs', 'select app.now()', 'other words: it is read anew');
update app.template_syncs set due_at = app.now() + interval '1 hour';
select pg_temp.news('8', '{"status": "APPROVED"}', 'newcomer');
select results_eq('select due_at from app.template_syncs', 'select app.now()', 'so is one that is not known');
select is((tests.ingest('{"kind": "template", "key": "raw:9", "account": null, "business": "nobody", "correlation_id": "c", "raw": {}, "change": {}, "template": {}}')) ->> 'raw', '1', 'a stranger''s is kept raw only');

select * from finish();
rollback;
