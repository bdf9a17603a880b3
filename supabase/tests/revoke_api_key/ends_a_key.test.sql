-- A key is ended once, by its own tenant.
begin;
select no_plan();
select tests.clock();

create temp table k as select app.create_api_key(0::smallint, tests.tenant(), 'test', 'abcdef012345', encode(sha256('sbk_1'), 'hex'), '["messages:read"]', null, 2) as id;
select throws_ok($$ select app.revoke_api_key(0::smallint, tests.tenant('b'), 'abcdef012345') $$, 'SB404', null, 'not by another tenant');
select ok(app.revoke_api_key(0::smallint, tests.tenant(), 'abcdef012345'), 'it was alive');
select tests.later('1 minute');
select ok(not app.revoke_api_key(0::smallint, tests.tenant(), 'abcdef012345'), 'and is not any more');
select is(app.now() - revoked_at, '1 minute', 'since the first time') from app.api_keys join k using (id);
select is(count(*), 1::bigint, 'audited once') from public.audit_logs join k on resource_id = k.id::text where action = 'UPDATED';

select * from finish();
rollback;
