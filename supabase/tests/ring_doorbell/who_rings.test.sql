-- Who hears it stands in queue-doorbell.test.ts: a transaction's own notifications come after its end. Here, who asks for it.
begin;
select no_plan();

select set_eq($$ select p.proname::text from pg_proc p where p.pronamespace = 'app'::regnamespace and p.prosrc ~ 'pg_notify' $$, array['ring_doorbell', 'wake_session_workers'], 'nobody notifies past the bell, but when a session changes hands');
select lives_ok($$ select app.ring_doorbell('inbound') $$, 'nobody sleeps: nothing happens');
select app.set_doorbell('inbound', 'w1', '1 minute');
select lives_ok($$ select app.ring_doorbell('inbound') $$, 'somebody does');

select * from finish();
rollback;
