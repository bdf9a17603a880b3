-- The row is there before anybody connects.
begin;
select no_plan();

select tests.clock();
create temp table a as select tests.account() as cloud,
  app.upsert_whatsapp_account(0::smallint, tests.tenant(), 'baileys', 'dev', null, 'Device', 'agent:concierge') as device;
grant select on a to public;
set local role service_role;
select is(app.create_session(0::smallint, device, 'code', '15550001111'), true, 'made') from a;
select is(app.create_session(0::smallint, device), false, 'once') from a;
select results_eq($$ select state, desired, reason from public.sessions $$, $$ values ('NEW', 'running', null) $$, 'it is new and to run');
select results_eq($$ select method, phone, code from public.session_links $$, $$ values ('code', '15550001111', null) $$, 'by the method asked for first');
select results_eq($$ select expires_at, owner from app.session_leases $$, $$ select app.now(), null::text $$, 'and free for a worker');
select throws_ok($$ select app.create_session(0::smallint, cloud) from a $$, 'SB400', null, 'an account of another provider is not linked');
select throws_ok($$ select app.create_session(0::smallint, gen_random_uuid()) $$, 'SB404', null, 'nor one that is not there');
delete from public.sessions;
select throws_ok($$ select app.create_session(0::smallint, device, 'code') from a $$, '23514', null, 'a pairing code needs a number');
select throws_ok($$ select app.create_session(0::smallint, device, 'code', '+1 555') from a $$, '23514', null, 'of digits');

select * from finish();
rollback;
