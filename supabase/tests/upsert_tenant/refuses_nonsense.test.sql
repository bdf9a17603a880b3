-- The table's checks hold.
begin;
select no_plan();

select throws_ok($$ select app.upsert_tenant(0::smallint, 'Not A Slug', 'x') $$, '23514', null, 'a slug has lower case letters, digits and hyphens');
select throws_ok($$ select app.upsert_tenant(0::smallint, 'x', '') $$, '23514', null, 'a tenant has a name');

select * from finish();
rollback;
