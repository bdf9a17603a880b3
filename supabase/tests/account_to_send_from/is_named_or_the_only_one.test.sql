-- Which number a request means.
begin;
select no_plan();
select tests.clock();

create temp table a as select tests.account() as id;
select is(app.account_to_send_from(0::smallint, tests.tenant(), null, null), id, 'the only one') from a;
select is(app.account_to_send_from(0::smallint, tests.tenant(), null, '+15550100001'), id, 'by its number, however it is written') from a;
select is(app.account_to_send_from(0::smallint, tests.tenant(), null, 'acc-a'), id, 'by the provider''s id') from a;
select throws_ok($$ select app.account_to_send_from(0::smallint, tests.tenant(), null, 'xyz') $$, 'SB404', null, 'by what is none');
select throws_ok($$ select app.account_to_send_from(0::smallint, tests.tenant('b'), (select id from a), null) $$, 'SB404', null, 'not another tenant''s');
create temp table second as select tests.account('a', '2') as id;
update public.whatsapp_accounts a set status = 'disabled' from second s where a.id = s.id;
select is(app.account_to_send_from(0::smallint, tests.tenant(), null, null), id, 'one that is disabled does not count') from a;
update public.whatsapp_accounts set status = 'active';
select throws_ok($$ select app.account_to_send_from(0::smallint, tests.tenant(), null, null) $$, 'SB400', null, 'of two one is to be named');

select * from finish();
rollback;
