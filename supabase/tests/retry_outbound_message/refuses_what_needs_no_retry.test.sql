-- SB404, SB409.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sent() as id, tests.outbound('out-2') as waiting;
select throws_ok($$ select app.retry_outbound_message(0::smallint, tests.tenant(), gen_random_uuid()) $$, 'SB404', null, 'nothing there');
select throws_ok($$ select app.retry_outbound_message(0::smallint, tests.tenant('b'), id) from o $$, 'SB404', null, 'another tenant''s');
select throws_ok($$ select app.retry_outbound_message(0::smallint, tests.tenant(), id) from o $$, 'SB409', null, 'it was sent');
select app.cancel_outbound_message(0::smallint, tests.tenant(), waiting) from o;
select throws_ok($$ select app.retry_outbound_message(0::smallint, tests.tenant(), waiting) from o $$, 'SB409', null, 'it was cancelled');

select * from finish();
rollback;
