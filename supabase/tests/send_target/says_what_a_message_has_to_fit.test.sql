-- The number that a message will be sent from, its provider, and the tenant's files; nothing of another tenant.
begin;
select no_plan();
select tests.clock();

create temp table a as select tests.account() as id;
select tests.ingest(tests.event('in-1'));
create function pg_temp.media (p_slug text, p_path text) returns uuid language sql as $$
  insert into public.media (tenant_id, direction, kind, mime_type, size_bytes, sha256, storage_path, error, created_at)
  values (tests.tenant(p_slug), 'out', 'image', 'image/png', 70, encode(sha256(convert_to(coalesce(p_path, 'gone'), 'UTF8')), 'hex'),
          tests.tenant(p_slug) || p_path, case when p_path is null then '{"code": "gone"}'::jsonb end, app.now())
  returning id; $$;
create temp table m as select pg_temp.media('a', '/x.png') as mine, pg_temp.media('a', null) as gone, pg_temp.media('b', '/y.png') as other;
create function pg_temp.target (p_request jsonb, p_slug text default 'a') returns jsonb language sql as $$
  select app.send_target(0::smallint, tests.tenant(p_slug), p_request, jsonb_build_array(mine, gone, other, gen_random_uuid())) from m; $$;

create temp table expected as select jsonb_build_object('account_id', a.id, 'provider', 'cloud_api', 'files',
  jsonb_build_array(jsonb_build_object('id', m.mine, 'mime_type', 'image/png', 'size_bytes', 70))) as target from a, m;
select is(pg_temp.target('{}'), target, 'the only account') from expected;
select is(pg_temp.target('{"from": "acc-a"}'), target, 'the one that is named') from expected;
select is(pg_temp.target(jsonb_build_object('conversation_id', tests.conversation())), target, 'that of a conversation') from expected;
select is(app.send_target(0::smallint, tests.tenant(), '{}') -> 'files', '[]', 'without files') from expected;
select throws_ok($$ select pg_temp.target('{"from": "xyz"}') $$, 'SB404', null, 'no such account');
select throws_ok($$ select pg_temp.target(jsonb_build_object('conversation_id', tests.conversation()), 'b') $$, 'SB404', null, 'another tenant''s conversation');
select throws_ok($$ select pg_temp.target(jsonb_build_object('account_id', id), 'b') from a $$, 'SB404', null, 'or account');
select tests.account(p_no => '2');
select throws_ok($$ select pg_temp.target('{}') $$, 'SB400', null, 'of several accounts one must be named');

select * from finish();
rollback;
