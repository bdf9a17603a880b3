-- A message is shown to its own tenant only.
begin;
select no_plan();
select tests.clock();

create temp table m as select tests.outbound() as id;
select is(app.get_outbound_message(0::smallint, tests.tenant(), id) ->> 'id', id::text, 'its own') from m;
select throws_ok('select app.get_outbound_message(0::smallint, tests.tenant($$b$$), id) from m', 'SB404', null, 'not another tenant''s');

select * from finish();
rollback;
