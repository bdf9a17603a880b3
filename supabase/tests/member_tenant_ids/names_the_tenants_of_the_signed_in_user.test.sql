-- What every policy asks.
begin;
select no_plan();

insert into public.tenant_members (tenant_id, user_id)
values (tests.tenant('a'), 'aaaaaaaa-0000-4000-8000-000000000001'), (tests.tenant('b'), 'aaaaaaaa-0000-4000-8000-000000000001'),
       (tests.tenant('c'), 'aaaaaaaa-0000-4000-8000-000000000002');
select is_empty('select app.member_tenant_ids()', 'nobody is a member of nothing');
select set_config('request.jwt.claims', '{"sub": "aaaaaaaa-0000-4000-8000-000000000001"}', true);
select set_eq('select app.member_tenant_ids()', array[tests.tenant('a'), tests.tenant('b')], 'a member sees each of their tenants and no other');
set local role authenticated;
select is((select count(*)::integer from public.tenants), 2, 'it answers for the signed-in user, who may not read the engine''s schema');

select * from finish();
rollback;
