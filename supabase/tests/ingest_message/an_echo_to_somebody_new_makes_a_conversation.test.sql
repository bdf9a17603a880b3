-- The business writes first, from the phone.
begin;
select no_plan();

select tests.ingest(tests.event('p1', 'Hello, your table is free', p_phone => '77', p_kind => 'echo'));
select results_eq('select last_position, last_customer_message_at, agent_paused_until is not null from public.conversations',
  $$ values (1::bigint, null::timestamptz, true) $$, 'it is paused, and its 24-hour window is closed');

select * from finish();
rollback;
