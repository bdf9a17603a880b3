-- The code is shown until it is of no use.
begin;
select no_plan();

select tests.clock();
create temp table s as select tests.session() as qr,
  app.upsert_whatsapp_account(0::smallint, tests.tenant(), 'baileys', 'dev-2', null, 'Device', 'agent:concierge') as typed;
select app.create_session(0::smallint, typed, 'code', '15550001111') from s;
create temp table t as select s.*, l.token as qr_token, tests.session_token(typed) as typed_token from s left join app.session_leases l on false;
update t set qr_token = (select token from app.session_leases where account_id = qr);
grant select on t to public;
set local role service_role;
select app.offer_link_code(0::smallint, qr, qr_token, 'one', '60 seconds'), app.offer_link_code(0::smallint, qr, qr_token, 'two', '20 seconds'),
  app.offer_link_code(0::smallint, typed, typed_token, 'ABCD1234', '160 seconds') from t;
select results_eq('select s.state, l.code, l.expires_at from public.sessions s join public.session_links l using (account_id) order by 1 desc',
  $$ values ('QR', 'two', app.now() + interval '20 seconds'), ('PAIRING', 'ABCD1234', app.now() + interval '160 seconds') $$, 'each by its method, the newest code');
select throws_ok($$ select app.offer_link_code(0::smallint, qr, qr_token + 1000, 'x', '1 second') from t $$, 'SB001', null, 'by the owner only');
select app.set_session_state(0::smallint, qr, qr_token, 'NEEDS_HUMAN', 'qr_expired', 'w') from t;
select is((select code from public.session_links join t on account_id = qr), null, 'gone with the state');

select * from finish();
rollback;
