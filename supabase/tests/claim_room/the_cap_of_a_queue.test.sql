-- app.queue_limits.
begin;
select no_plan();

select tests.clock();
select tests.lane(1) from generate_series(1, 5);
select is(app.claim_room(0::smallint, 'inbound'), null, 'no cap');
select app.set_queue_limit(0::smallint, 'inbound', 4);
select is(app.claim_room(0::smallint, 'inbound'), 4, 'as many as the cap');
select app.set_queue_limit(0::smallint, 'inbound', 3);
select is((select count(*)::integer from tests.claim()), 3, 'no more than the cap');
select is(app.claim_room(0::smallint, 'inbound'), 0, 'it is full');
select tests.later('31 seconds');
select is(app.claim_room(0::smallint, 'inbound'), 0, 'leases that ran out count: they are taken up again first');
select is((select count(*)::integer from tests.claim()), 3, 'as they are');
select is(app.claim_room(0::smallint, 'outbound'), null, 'another queue has its own');

select * from finish();
rollback;
