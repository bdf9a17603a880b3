-- One place.
begin;
select no_plan();

select tests.alone();
set local role service_role;
select lives_ok($$ select app.set_retention('queue_history', '30 days') $$, 'changed');
select results_eq($$ select keep from app.retention where what = 'queue_history' $$, $$ values (interval '30 days') $$, 'for finished work');
select is((select keep from app.retention where what = 'webhook_events'), '14 days', 'and for nothing else');
select throws_ok($$ select app.set_retention('messages', '30 days') $$, 'SB404',
  'nothing called messages is kept for a time; there are: audit_logs, orphan_statuses, processed_messages, queue_dead_letter, queue_history, queue_idempotency, webhook_events, workflow_states', 'conversations are not forgotten');
select throws_ok($$ select app.set_retention('queue_history', '1 hour') $$, '23514', null, 'at least a day');

select * from finish();
rollback;
