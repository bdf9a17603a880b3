-- Paused and disabled accounts.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('in-1'));
update public.whatsapp_accounts set status = 'paused';
select tests.later('1 second');
select tests.claim();
select is(app.start_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1) ->> 'reason', 'the account is paused', 'it is skipped');

select * from finish();
rollback;
