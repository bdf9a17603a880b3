-- A task for each parked message, for as long as it is.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.outbound() as id, tests.sending('out-2', 'b') as left_;
select app.set_outbound_status(0::smallint, id, 'PARKED', '{"code": "window_closed", "message": "There is no template."}') from o;
select app.set_outbound_status(0::smallint, left_, 'PARKED') from o;
select bag_eq('select kind, subject, reason like ''Nobody knows%'' as asks, conversation_id is not null as c, account_id is not null as a from public.tasks',
  $$ select 'message_parked', id::text, false as asks, true as c, true as a from o union all select 'send_unknown', left_::text, true, true, true from o $$, 'what is asked depends on whether it may have left');
select tests.ingest(tests.status('p1', 'delivered', (select left_ from o), 'b'));
select results_eq($$ select resolution from public.tasks where kind = 'send_unknown' $$, $$ values ('the message is DELIVERED') $$, 'a status answers it');
select ok((select resolved_at is null from public.tasks where kind = 'message_parked'), 'the other one waits');

select * from finish();
rollback;
