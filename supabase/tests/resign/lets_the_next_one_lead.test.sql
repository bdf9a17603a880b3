-- A leader that stops in order.
begin;
select no_plan();

select tests.clock();
set local role service_role;
select app.lead('test job', 'w1', '30 seconds');
select is(app.resign('test job', 'w2'), false, 'who does not lead gives nothing back');
select is(app.lead('test job', 'w2', '30 seconds'), null, 'and the leader leads on');
select is(app.resign('test job', 'w1'), true, 'the leader resigns');
select isnt(app.lead('test job', 'w2', '30 seconds'), null, 'and the next one leads at once');
select is(app.resign('test job', 'w1'), false, 'once');

select * from finish();
rollback;
