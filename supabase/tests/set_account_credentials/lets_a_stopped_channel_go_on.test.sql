-- New credentials are the answer; to a pause they are not.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select tests.finish_attempt(id, '{"state": "REJECTED", "class": "stop_channel", "code": "190", "message": "token"}') from o;
select tests.start_attempt(id) from o;
select app.set_account_credentials(0::smallint, tests.account(), 'k1', 'new');
select is_empty('select from app.account_send_state', 'nothing keeps it');
select is(tests.start_attempt(id) ->> 'credentials_at', to_jsonb(app.now()) #>> '{}', 'it is sent, and the worker knows that it needs the new ones') from o;
select app.block_account(0::smallint, tests.account(), 'pause_number', '131048', 'spam');
select app.set_account_credentials(0::smallint, tests.account(), 'k1', 'newer');
select is((select state from app.account_send_state), 'paused', 'a pause stays');

select * from finish();
rollback;
