-- The keys of a tenant.
begin;
select no_plan();
select tests.clock();

create temp table k as select app.create_api_key(0::smallint, tests.tenant(), 'test', 'abcdef012345', encode(sha256('sbk_1'), 'hex'), '["messages:read"]', null, 2) as id;
select results_eq($$ select id, name, prefix from app.list_api_keys(0::smallint, tests.tenant()) $$, $$ select id, 'test', 'abcdef012345' from k $$, 'its own');
select is_empty($$ select * from app.list_api_keys(0::smallint, tests.tenant('b')) $$, 'and nobody else''s');

select * from finish();
rollback;
