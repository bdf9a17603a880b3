-- Only sent, delivered, read, played and failed come from outside.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sent() as id;
select throws_ok($$ select app.apply_outbound_status(0::smallint, id, 'p1', 'cancelled', app.now()) from o $$, 'SB400', null, 'a provider does not cancel');
select throws_ok($$ select app.apply_outbound_status(0::smallint, id, 'p1', 'teleported', app.now()) from o $$, 'SB400', null, 'nor invent');
select throws_ok($$ select app.apply_outbound_status(0::smallint, id, 'p1', null, app.now()) from o $$, 'SB400', null, 'nor say nothing');
select throws_ok($$ select app.apply_outbound_status(0::smallint, gen_random_uuid(), 'p1', 'sent', app.now()) from o $$, 'P0002', null, 'a message that is not there has no status');

select * from finish();
rollback;
