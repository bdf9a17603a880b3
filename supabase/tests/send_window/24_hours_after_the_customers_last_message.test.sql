-- By the providers clock.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('in-1', p_over => jsonb_build_object('occurred_at', app.now() - interval '3 hours')));
select is(app.send_window(0::smallint, tests.conversation()), app.now() + interval '21 hours', 'a delivery that comes late opens no longer window');
select tests.ingest(tests.event('in-2', p_kind => 'echo'));
select is(app.send_window(0::smallint, tests.conversation()), app.now() + interval '21 hours', 'what we write opens none');
select tests.ingest(tests.event('in-0', p_over => jsonb_build_object('occurred_at', app.now() - interval '10 hours')));
select is(app.send_window(0::smallint, tests.conversation()), app.now() + interval '21 hours', 'an older message shortens none');
select app.upsert_whatsapp_account(0::smallint, tests.tenant(), 'baileys', 'acc-b', null, 'b', 'agent:x');
update public.conversations set account_id = (select id from public.whatsapp_accounts where provider = 'baileys');
select is(app.send_window(0::smallint, id), 'infinity', 'a device knows no window') from public.conversations;

select * from finish();
rollback;
