-- One person, several addresses.
begin;
select no_plan();

create temp table first as
  select app.resolve_contact(0::smallint, tests.tenant(), tests.ids('phone', '1', 'bsuid', 'US.1'), 'Ana') as id;
select is(app.resolve_contact(0::smallint, tests.tenant(), tests.ids('bsuid', 'US.1'), null), (select id from first), 'by the BSUID alone');
select is(app.resolve_contact(0::smallint, tests.tenant(), tests.ids('phone', '1', 'lid', 'L1'), null), (select id from first), 'by the phone, which brings a LID along');
select is(app.resolve_contact(0::smallint, tests.tenant(), tests.ids('lid', 'L1'), null), (select id from first), 'and from then on by the LID');
select isnt(app.resolve_contact(0::smallint, tests.tenant('b'), tests.ids('phone', '1'), null), (select id from first), 'another tenant has another person');
select is((select count(*)::integer from public.contact_identities where contact_id = (select id from first)), 3, 'every address is noted once');

select * from finish();
rollback;
