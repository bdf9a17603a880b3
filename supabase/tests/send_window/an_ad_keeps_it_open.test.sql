-- As long as the tenants setting says.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('in-1', p_over => '{"referral": {"source_type": "ad"}}'));
select is(app.send_window(0::smallint, tests.conversation()), app.now() + interval '7 days', 'a week');
select tests.delivery('{"free_entry_hours": 72}', null);
select tests.ingest(tests.event('in-2', p_phone => '15550002', p_over => '{"referral": {"source_type": "ad"}}'));
select is(app.send_window(0::smallint, tests.conversation('15550002')), app.now() + interval '3 days', 'or what it says');

select * from finish();
rollback;
