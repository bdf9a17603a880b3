-- Nothing is claimed, nothing is lost.
begin;
select no_plan();

select tests.clock();
select tests.lane(2);
select app.pause_queue(0::smallint, 'inbound', 'maintenance'), app.pause_queue(0::smallint, 'inbound', 'again');
select is_empty('select * from tests.claim()', 'nothing is given');
select is(app.next_queue_at(0::smallint, 'inbound'), null::timestamptz, 'workers may sleep');
select is((select reason from app.queue_pause), 'maintenance', 'the first reason stays');
select tests.lane(1);
select ok(app.resume_queue(0::smallint, 'inbound'), 'it is lifted');
select ok(not app.resume_queue(0::smallint, 'inbound'), 'once');
select is((select count(*)::integer from tests.claim()), 3, 'everything is there');

select * from finish();
rollback;
