-- Because of the provider, or because of a person.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.outbound() as id;
update public.whatsapp_accounts set status = 'disabled';
select is(tests.start_attempt(id), '{"action": "wait", "why": "disabled"}'::jsonb, 'a disabled account sends nothing') from o;
select is((tests.ready(tests.conversation(), 'outbound')).at, app.now() + interval '15 minutes', 'the lane looks again later');
update public.whatsapp_accounts set status = 'active';
select app.block_account(0::smallint, tests.account(), 'pause_number', '131048', 'spam');
select tests.later('15 minutes');
select is(tests.start_attempt(id), '{"action": "wait", "why": "paused"}'::jsonb, 'nor does a paused one') from o;
select app.resume_account_sending(0::smallint, tests.tenant(), tests.account());
select app.block_account(0::smallint, tests.account(), 'slow_number', '130429', 'too fast', 20);
select is(tests.start_attempt(id), '{"action": "wait", "why": "slowed"}'::jsonb, 'nor a slowed one') from o;
select is((tests.ready(tests.conversation(), 'outbound')).at, app.now() + interval '20 seconds', 'for as long as it is');
select is_empty('select from app.outbound_attempt', 'nothing was begun');
select is((tests.ready(tests.conversation(), 'outbound')).tries, 0::smallint, 'and no try is counted');
select tests.later('20 seconds');
select is(tests.start_attempt(id) ->> 'action', 'send', 'then it goes on') from o;

select * from finish();
rollback;
