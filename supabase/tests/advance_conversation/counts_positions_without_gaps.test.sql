-- The conversation's counter.
begin;
select no_plan();

select tests.clock(), tests.account();
create temp table c as select app.resolve_contact(0::smallint, tests.tenant(), tests.ids('phone', '1'), null) as contact;
select is((app.advance_conversation(0::smallint, tests.tenant(), tests.account(), (select contact from c), 'message', null)).last_position, 1::bigint, 'a new conversation begins at 1');
select is((app.advance_conversation(0::smallint, tests.tenant(), tests.account(), (select contact from c), 'message', null)).last_position, 2::bigint, 'the next message has the next position');
select is((select count(*)::integer from public.conversations), 1, 'there is one conversation for a contact on an account');

select * from finish();
rollback;
