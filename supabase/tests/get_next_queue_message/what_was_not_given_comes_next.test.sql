-- A lane with more than a burst.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(5) as lane;
select app.get_next_queue_message(0::smallint, 'inbound', 'w', 1, 2);
select app.complete_queue_messages(0::smallint, 'inbound', (select lane from l), tests.token((select lane from l)), 2);
select results_eq('select seq, tries from tests.claim()', $$ values (3::bigint, 1::smallint), (4, 1::smallint), (5, 1::smallint) $$, 'the rest follows at once, with its own tries');

select * from finish();
rollback;
