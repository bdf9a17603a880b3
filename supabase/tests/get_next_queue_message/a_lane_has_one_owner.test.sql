-- Nobody else gets it while the lease lasts.
begin;
select no_plan();

select tests.clock();
select tests.lane(2);
select is((select count(*)::integer from tests.claim()), 2, 'the first worker gets it');
select is_empty($$ select * from tests.claim('inbound', 'w2') $$, 'the second does not');
select tests.later('29 seconds');
select is_empty($$ select * from tests.claim('inbound', 'w2') $$, 'not before the lease ends');

select * from finish();
rollback;
