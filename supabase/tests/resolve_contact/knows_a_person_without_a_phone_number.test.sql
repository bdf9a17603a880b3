-- BSUID only.
begin;
select no_plan();

select is(app.resolve_contact(0::smallint, tests.tenant(), tests.ids('bsuid', 'US.1'), null),
  app.resolve_contact(0::smallint, tests.tenant(), tests.ids('bsuid', 'US.1'), null), 'a BSUID is enough');
select is((select name from public.contacts), null, 'and so is no name');

select * from finish();
rollback;
