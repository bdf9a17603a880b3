-- A conversation moves along with its person where the one who stays has none.
begin;
select no_plan();

select tests.account(), tests.account('a', '-2');
select tests.ingest(tests.event('m1', p_over => jsonb_build_object('identities', tests.ids('phone', '1'))));
select tests.ingest(tests.event('m2', p_slug => 'a-2', p_over => jsonb_build_object('identities', tests.ids('bsuid', 'US.1'))));
create temp table other as select id from public.conversations where account_id = tests.account('a', '-2');
select app.merge_contacts(0::smallint, tests.contact('1'), array[tests.contact('US.1')]);
select results_eq('select contact_id, merged_into from public.conversations where id = (select id from other)',
  $$ values (tests.contact('1'), null::uuid) $$, 'it is now the kept contact''s, still open');
select is((select count(*)::integer from public.conversations where merged_into is null), 2, 'and both conversations stay');

select * from finish();
rollback;
