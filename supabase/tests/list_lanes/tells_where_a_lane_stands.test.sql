-- Who has it, for how long, and what is at its head; nothing of what was said.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('in-1', 'my secret'), tests.event('in-2'));
select tests.later('1 minute');
select * from tests.claim();
select is(public.list_lanes(p_state => 'leased') #> '{lanes,0}', jsonb_build_object('queue', 'inbound', 'lane_id', tests.conversation(), 'tenant_id', tests.tenant(), 'tenant', 'a',
  'state', 'leased', 'priority', 5, 'tries', 1, 'lost', 0, 'leased_by', 'w1', 'at', app.now() + interval '30 seconds', 'oldest_at', app.now() - interval '1 minute',
  'depth', 2, 'kind', 'turn', 'correlation_id', 'cor-in-1'), 'all of it');
select ok(public.list_lanes()::text not like '%secret%', 'no text');

select * from finish();
rollback;
