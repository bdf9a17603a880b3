-- In their order.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.outbound('1') as a, tests.outbound('2') as b, tests.outbound('3') as c;
select is(app.outbound_ids(0::smallint, tests.conversation(), 2), (select array[a, b] from o), 'those up to it');
select is(app.outbound_ids(0::smallint, gen_random_uuid(), 2), '{}', 'an unknown lane has none');

select * from finish();
rollback;
