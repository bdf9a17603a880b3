-- One leader, until its lease ends.
begin;
select no_plan();

select tests.clock();
set local role service_role;
create temp table t as select app.lead('test job', 'w1', '30 seconds') as first;
select isnt((select first from t), null, 'the first one leads');
select is(app.lead('test job', 'w2', '30 seconds'), null, 'the second one does not');
select isnt(app.lead('another test job', 'w2', '30 seconds'), null, 'but in another job');
select tests.later('20 seconds');
select is(app.lead('test job', 'w1', '30 seconds'), (select first from t), 'the leader renews its lease under the same token');
select tests.later('20 seconds');
select is(app.lead('test job', 'w2', '30 seconds'), null, 'so that it does not end');
select tests.later('10 seconds');
select cmp_ok(app.lead('test job', 'w2', '30 seconds'), '>', (select first from t), 'when it is not renewed, the next one leads, with a greater token');
select is(app.lead('test job', 'w1', '30 seconds'), null, 'and the first one does not any more');
alter table t add second bigint;
update t set second = (select token from app.leaders where job = 'test job');
select tests.later('31 seconds');
select cmp_ok(app.lead('test job', 'w2', '30 seconds'), '>', (select second from t), 'who comes back after its lease has ended is elected anew');

select * from finish();
rollback;
