-- last_customer_message_at.
begin;
select no_plan();

select tests.clock();
create temp table c as select app.resolve_contact(0::smallint, tests.tenant(), tests.ids('phone', '1'), null) as contact;
select is((app.advance_conversation(0::smallint, tests.tenant(), tests.account(), (select contact from c), 'echo', null)).last_customer_message_at, null, 'an echo opens nothing');
select is((app.advance_conversation(0::smallint, tests.tenant(), tests.account(), (select contact from c), 'system', null)).last_customer_message_at, null, 'nor does a system message');
select is((app.advance_conversation(0::smallint, tests.tenant(), tests.account(), (select contact from c), 'message', null)).last_customer_message_at, app.now(), 'a message does');
select tests.later('1 hour');
select is((app.advance_conversation(0::smallint, tests.tenant(), tests.account(), (select contact from c), 'echo', null)).last_customer_message_at, app.now() - interval '1 hour', 'an echo after it does not move it');
select is((app.advance_conversation(0::smallint, tests.tenant(), tests.account(), (select contact from c), 'reaction', null)).last_customer_message_at, app.now(), 'a reaction does');

select * from finish();
rollback;
