-- The older contact stays.
begin;
select no_plan();

select tests.clock();
create temp table older as select app.resolve_contact(0::smallint, tests.tenant(), tests.ids('phone', '1'), 'Ana') as id;
select tests.later('1 minute');
create temp table younger as select app.resolve_contact(0::smallint, tests.tenant(), tests.ids('bsuid', 'US.1'), 'A.') as id;
select tests.later('1 minute');
select is(app.resolve_contact(0::smallint, tests.tenant(), tests.ids('bsuid', 'US.1', 'phone', '1'), null), (select id from older), 'the older contact stays');
select is((select merged_into from public.contacts where id = (select id from younger)), (select id from older), 'the younger one points to it');
select is(tests.contact('US.1'), (select id from older), 'and its addresses lead there');
select is(app.resolve_contact(0::smallint, tests.tenant(), tests.ids('bsuid', 'US.1'), null), (select id from older), 'whoever comes next finds one person');

select * from finish();
rollback;
