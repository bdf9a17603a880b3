-- A user acts for a tenant of which the user is a member.
begin;
select no_plan();
select tests.clock();

insert into public.tenant_members (tenant_id, user_id, role) values (tests.tenant('a'), tests.member('x'), 'agent');
insert into public.tenant_members (tenant_id, user_id, role) values (tests.tenant('s1x'), tests.member('y'), 'viewer');
create function pg_temp.use (p_user text, p_tenant text default null) returns jsonb language sql as $$ select app.use_membership(tests.member(p_user), p_tenant) $$;
select is(pg_temp.use('x') - 'limit', jsonb_build_object('outcome', 'ok', 'shard', 0, 'tenant_id', tests.tenant('a'), 'caller', 'user:' || tests.member('x'),
  'scopes', '["messages:read", "messages:write", "conversations:read", "conversations:write", "templates:read", "media:write"]'::jsonb), 'the only one need not be named');
select is(pg_temp.use('x', 'a') ->> 'outcome', 'ok', 'but may be, by its slug');
select is(pg_temp.use('x', tests.tenant('a')::text) ->> 'outcome', 'ok', 'or its id');
select is(pg_temp.use('x', 's1x'), '{"outcome": "no_tenant"}', 'another''s tenant is none');
select is(pg_temp.use('z'), '{"outcome": "no_tenant"}', 'who belongs nowhere acts for nobody');
select is((pg_temp.use('y') -> 'scopes') || (pg_temp.use('y') -> 'shard'), '["messages:read", "conversations:read", "templates:read", 1]', 'a viewer may only read');
insert into public.tenant_members (tenant_id, user_id, role) values (tests.tenant('s1x'), tests.member('x'), 'owner');
select is(pg_temp.use('x'), '{"outcome": "which_tenant"}', 'of two one is to be named');
select is(pg_temp.use('x', 's1x') ->> 'tenant_id', tests.tenant('s1x')::text, 'and then that one is meant');

select * from finish();
rollback;
