-- A username passes from one person to another.
begin;
select no_plan();

create temp table ana as select app.resolve_contact(0::smallint, tests.tenant(), tests.ids('phone', '1', 'username', 'star'), 'Ana') as id;
create temp table ben as select app.resolve_contact(0::smallint, tests.tenant(), tests.ids('phone', '2', 'username', 'star'), 'Ben') as id;
select isnt((select id from ana), (select id from ben), 'two people who had the same username stay two');
select is((select contact_id from public.contact_identities where kind = 'username'), (select id from ben), 'it is noted with whoever has it now');
select throws_ok($$ select app.resolve_contact(0::smallint, tests.tenant(), tests.ids('username', 'star'), null) $$, 'SB400', null, 'alone it says nothing about who writes');
select throws_ok($$ select app.resolve_contact(0::smallint, tests.tenant(), '[]', null) $$, 'SB400', null, 'and neither does no address at all');

select * from finish();
rollback;
