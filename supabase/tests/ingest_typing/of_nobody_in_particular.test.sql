-- Strangers, idle conversations, other accounts.
begin;
select no_plan();

select tests.clock();
create function pg_temp.types (p_phone text, p_over jsonb default '{}') returns jsonb language sql as $$
  select tests.ingest(tests.event('t', p_kind => 'typing', p_phone => p_phone, p_over => p_over) - 'message'); $$;
select pg_temp.types('15559999');
select is_empty('select * from public.contacts', 'a stranger is not made a contact');
select tests.ingest(tests.event('m1', p_over => '{"wakes_agent": false}'));
select pg_temp.types('15550001');
select is_empty('select * from app.queue_ready', 'where nothing waits, nothing is queued');
select pg_temp.types('15550001', '{"account": "acc-unknown"}');
select is_empty('select * from app.webhook_events', 'and nothing is kept of an account that is not ours');

select * from finish();
rollback;
