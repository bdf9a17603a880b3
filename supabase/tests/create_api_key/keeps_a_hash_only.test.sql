-- A new key: its hash, its scopes, and a line in the audit log.
begin;
select no_plan();
select tests.clock();

create temp table k as select app.create_api_key(0::smallint, tests.tenant(), 'test', 'abcdef012345', encode(sha256('sbk_1'), 'hex'), '["messages:read"]', null, 2) as id;
select results_eq($$ select prefix, hash, scopes, rate_limit_per_min, created_at, revoked_at from app.api_keys join k using (id) $$,
  $$ values ('abcdef012345', sha256('sbk_1'), array['messages:read'], 2, app.now(), null::timestamptz) $$, 'is stored');
select is(count(*), 1::bigint, 'and audited') from public.audit_logs join k on resource_id = k.id::text where action = 'CREATED' and resource_type = 'api_key';
select throws_ok($$ select app.create_api_key(0::smallint, tests.tenant('b'), 'x', 'abcdef012345', repeat('00', 32), '["messages:read"]') $$, '23505', null, 'a prefix is taken once, by whomever');
select throws_ok($$ select app.create_api_key(0::smallint, tests.tenant(), 'x', 'abcdef012346', repeat('00', 32), '["everything"]') $$, '23514', null, 'only known scopes');
select throws_ok($$ select app.create_api_key(0::smallint, tests.tenant(), 'x', 'abcdef012346', repeat('00', 32), '[]') $$, '23514', null, 'at least one');
select throws_ok($$ select app.create_api_key(0::smallint, tests.tenant(), 'x', 'abcdef012346', '00', '["messages:read"]') $$, '23514', null, 'a SHA-256 has 32 bytes');
select throws_ok($$ select app.create_api_key(0::smallint, gen_random_uuid(), 'x', 'abcdef012346', repeat('00', 32), '["messages:read"]') $$, 'SB404', null, 'of a tenant that there is');

select * from finish();
rollback;
