-- agent_paused_until.
begin;
select no_plan();

select tests.clock();
create temp table c as select app.resolve_contact(0::smallint, tests.tenant(), tests.ids('phone', '1'), null) as contact;
select is((app.advance_conversation(0::smallint, tests.tenant(), tests.account(), (select contact from c), 'echo', '2026-11-20 12:00:00Z')).agent_paused_until, '2026-11-20 12:00:00Z'::timestamptz, 'an echo pauses');
select is((app.advance_conversation(0::smallint, tests.tenant(), tests.account(), (select contact from c), 'echo', '2026-11-20 11:00:00Z')).agent_paused_until, '2026-11-20 12:00:00Z'::timestamptz, 'a shorter pause does not shorten it');
select is((app.advance_conversation(0::smallint, tests.tenant(), tests.account(), (select contact from c), 'message', null)).agent_paused_until, '2026-11-20 12:00:00Z'::timestamptz, 'and a message leaves it');

select * from finish();
rollback;
