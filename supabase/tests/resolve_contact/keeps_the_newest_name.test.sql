-- Names change; silence changes nothing.
begin;
select no_plan();

select tests.clock();
select app.resolve_contact(0::smallint, tests.tenant(), tests.ids('phone', '1'), 'Ana');
select tests.later('1 day');
select app.resolve_contact(0::smallint, tests.tenant(), tests.ids('phone', '1'), null);
select results_eq('select name, updated_at from public.contacts', $$ values ('Ana', '2026-11-20 10:00:00Z'::timestamptz) $$, 'an event without a name leaves it');
select app.resolve_contact(0::smallint, tests.tenant(), tests.ids('phone', '1'), 'Ana Maria');
select results_eq('select name, updated_at from public.contacts', $$ values ('Ana Maria', '2026-11-21 10:00:00Z'::timestamptz) $$, 'a new name replaces it');

select * from finish();
rollback;
