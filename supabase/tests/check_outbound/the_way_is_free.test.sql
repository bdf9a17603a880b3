-- An answer in the open window.
begin;
select no_plan();

select tests.clock();
select is(tests.verdict(tests.says('agent')), null, 'leaves as it is');
select is((select count(*) from app.pair_pace), 1::bigint, 'and has taken a token');

select * from finish();
rollback;
