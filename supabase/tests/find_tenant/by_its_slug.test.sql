-- A tenant and its shard by its slug.
begin;
select no_plan();
select tests.clock();

select tests.tenant('s1x');
select results_eq($$ select * from app.find_tenant('s1x') $$, $$ values (1::smallint, tests.tenant('s1x')) $$, 'found, wherever it is');
select is_empty($$ select * from app.find_tenant('nobody') $$, 'or not');

select * from finish();
rollback;
