-- Reply order out.
begin;
select no_plan();

select tests.clock();
create temp table o as select n, tests.outbound('k' || n) as id from generate_series(1, 3) n;
select results_eq($$ select (payload ->> 'outbound_id')::uuid from tests.claim('outbound') $$, 'select id from o order by n', 'first stored, first sent');
select results_eq($$ select position from public.messages where direction = 'out' order by position $$, $$ values (2::bigint), (3), (4) $$, 'positions follow each other');

select * from finish();
rollback;
