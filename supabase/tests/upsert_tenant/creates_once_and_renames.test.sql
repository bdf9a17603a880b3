-- Tenants by slug.
begin;
select no_plan();

select ok(app.upsert_tenant(0::smallint, 'luna', 'Luna') is not null, 'a new slug makes a tenant');
select is(app.upsert_tenant(0::smallint, 'luna', 'Luna Bistro'), (select id from public.tenants where slug = 'luna'), 'the same slug is the same tenant');
select is((select name from public.tenants where slug = 'luna'), 'Luna Bistro', 'which takes the new name');
select app.upsert_tenant(1::smallint, 'luna', 'Luna Bistro');
select is((select shard from public.tenants where slug = 'luna'), 0::smallint, 'its shard is fixed when it is created');

select * from finish();
rollback;
