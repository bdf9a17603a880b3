-- Only a message can wake an agent.
begin;
select no_plan();

select tests.account();
select tests.ingest(tests.event('m1', 'first'));
create temp table before as select count(*)::integer as n from app.message_queue;
select tests.ingest(
  tests.event('r1', '👍', p_kind => 'reaction', p_over => '{"target_id": "m1"}'), tests.event('e1', 'better', p_kind => 'edit', p_over => '{"target_id": "m1"}'),
  tests.event('v1', '', p_kind => 'revoke', p_over => '{"target_id": "m1"}'), tests.event('s1', 'changed number', p_kind => 'system'));
select is((select count(*)::integer from app.message_queue), (select n from before), 'none of them is work');
select results_eq('select provider_message_id, direction, author, reply_to from public.messages order by position',
  $$ values ('m1', 'in', 'customer', null::text), ('r1', 'in', 'customer', 'm1'), ('e1', 'in', 'customer', 'm1'), ('v1', 'in', 'customer', 'm1'), ('s1', 'in', 'system', null) $$,
  'all of them are in the conversation, with what they speak of');

select * from finish();
rollback;
