-- The first promise and the second: kept, once.
begin;
select no_plan();

select tests.clock(), tests.account();
select is(tests.ingest(tests.event('m1', 'hi')), '{"stored": 1, "duplicates": 0, "raw": 0, "failed": 0, "wake": true}'::jsonb, 'a new message is stored');
select is(tests.ingest(tests.event('m1', 'hi')), '{"stored": 0, "duplicates": 1, "raw": 0, "failed": 0, "wake": true}'::jsonb, 'a second delivery counts as a duplicate');
select is(tests.ingest(tests.event('m2'), tests.event('m2')), '{"stored": 1, "duplicates": 1, "raw": 0, "failed": 0, "wake": true}'::jsonb, 'also within one POST');
select results_eq(
  $$ select position, direction, author, provider_message_id, type, body, status, correlation_id from public.messages order by position $$,
  $$ values (1::bigint, 'in', 'customer', 'm1', 'text', 'hi', null::text, 'cor-m1'), (2, 'in', 'customer', 'm2', 'text', 'hello', null, 'cor-m2') $$,
  'each message is there once, in order');
select results_eq('select seq, kind, correlation_id from app.message_queue order by seq', $$ values (1::bigint, 'turn', 'cor-m1'), (2, 'turn', 'cor-m2') $$, 'and is queued once');

select * from finish();
rollback;
