-- The addresses of a batch are read before the items are isolated from each other.
begin;
select no_plan();

select tests.account();
select is(tests.ingest(tests.event('m1'), tests.event('b1', p_over => '{"identities": "15551"}'), tests.event('b2', p_over => '{"identities": null}'),
    tests.event('b3', p_over => '{"identities": []}'), tests.event('b4', p_over => '{"identities": [{"kind": "phone"}]}'), tests.event('b5', p_over => '{"identities": [7]}'),
    '"nonsense"'::jsonb, '[]'::jsonb, 'null'::jsonb) - 'wake',
  '{"stored": 1, "duplicates": 0, "raw": 3, "failed": 5}'::jsonb, 'every one is kept, the good one is stored');

select * from finish();
rollback;
