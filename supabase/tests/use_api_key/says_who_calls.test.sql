-- A key leads to its tenant, within its limit, while it lives.
begin;
select no_plan();
select tests.clock();

create temp table k as select app.create_api_key(0::smallint, tests.tenant(), 'test', 'abcdef012345', encode(sha256('sbk_1'), 'hex'), '["messages:read"]', null, 2) as id;
create function pg_temp.use (p_key text default 'sbk_1', p_prefix text default 'abcdef012345') returns jsonb language sql as $$
  select app.use_api_key(p_prefix, encode(sha256(p_key::bytea), 'hex')) $$;
select is(pg_temp.use() - 'limit', jsonb_build_object('outcome', 'ok', 'shard', 0, 'tenant_id', tests.tenant(), 'caller', 'key:' || id, 'scopes', '["messages:read"]'::jsonb), 'the tenant''s') from k;
select is(pg_temp.use('sbk_2'), '{"outcome": "unknown"}', 'another secret opens nothing');
select is(pg_temp.use('sbk_1', 'abcdef012346'), '{"outcome": "unknown"}', 'nor does another prefix');
select is(last_used_at, app.now(), 'its use is noted') from app.api_keys;
select is(pg_temp.use() ->> 'outcome', 'ok', 'again, as often as its limit says');
select is(pg_temp.use() ->> 'outcome', 'limited', 'not more often');
select tests.later('1 minute');
update app.api_keys set expires_at = app.now();
select is(pg_temp.use(), '{"outcome": "expired"}', 'not after its time');
select app.revoke_api_key(0::smallint, tests.tenant(), 'abcdef012345');
select is(pg_temp.use(), '{"outcome": "revoked"}', 'nor when it was ended');

select * from finish();
rollback;
