-- Phone, BSUID and LID, each known apart.
begin;
select no_plan();

select app.resolve_contact(0::smallint, tests.tenant(), tests.ids('phone', '1'), null);
select app.resolve_contact(0::smallint, tests.tenant(), tests.ids('bsuid', 'US.1'), null);
select app.resolve_contact(0::smallint, tests.tenant(), tests.ids('lid', 'L1'), null);
select app.resolve_contact(0::smallint, tests.tenant(), tests.ids('phone', '1', 'bsuid', 'US.1', 'lid', 'L1'), null);
select is((select count(*)::integer from public.contacts where merged_into is null), 1, 'one contact is left');
select is((select count(distinct contact_id)::integer from public.contact_identities), 1, 'with all the addresses');

select * from finish();
rollback;
