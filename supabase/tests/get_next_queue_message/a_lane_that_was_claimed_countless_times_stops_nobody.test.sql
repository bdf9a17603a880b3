-- Its counter of tries ends at the greatest smallint instead of failing every claim of the queue.
begin;
select no_plan();

select tests.clock();
select tests.lane(1);
update app.queue_ready set tries = 32767;
select lives_ok('select * from tests.claim()', 'the claim goes through');
select is((select tries from app.queue_ready), 32767::smallint, 'the count stays where it is');

select * from finish();
rollback;
