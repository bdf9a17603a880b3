-- Ready when the customer has stopped writing, but not later than the tenant's limit.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('m1'));
select is((tests.ready(tests.conversation())).at, app.now() + interval '900 milliseconds', 'it rests 900 ms after the first message');
select tests.later('500 milliseconds');
select tests.ingest(tests.event('m2'));
select is((tests.ready(tests.conversation())).at, app.now() + interval '900 milliseconds', 'a second message makes it rest anew');
select is_empty('select * from tests.claim()', 'nothing is claimed before');
select tests.later('900 milliseconds');
select results_eq('select seq, tries from tests.claim()', $$ values (1::bigint, 1::smallint), (2, 1::smallint) $$, 'then both come together');

select * from finish();
rollback;
