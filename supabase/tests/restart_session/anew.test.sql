-- What stopped runs again when a person wants it.
begin;
select no_plan();

select tests.clock();
create temp table s as select tests.session() as fresh, tests.session(p_no => '2') as linked;
select app.set_session_state(0::smallint, fresh, tests.session_token(fresh), 'NEEDS_HUMAN', 'qr_expired', 'w') from s;
create temp table t as select linked, l.token from s join app.session_leases l on l.account_id = linked;
select app.offer_link_code(0::smallint, linked, token, 'c', '1 second'), app.set_session_state(0::smallint, linked, token, 'PAIRING', p_paired_jid => 'j'), app.set_session_state(0::smallint, linked, token, 'OPEN') from t;
grant select on s, t to public;
set local role service_role;
select app.restart_session(0::smallint, fresh, 'code', '15550001111') from s;
select results_eq('select x.state, l.method, l.phone from public.sessions x join public.session_links l using (shard, account_id) join s on fresh = account_id', $$ values ('NEW', 'code', '15550001111') $$, 'one that was never linked begins anew, as asked for');
select is((select expires_at from app.session_leases join s on account_id = fresh), app.now(), 'and is free');
select app.restart_session(0::smallint, linked) from s;
select is((select state from public.sessions join s on account_id = linked), 'OPEN', 'what runs is left alone');
select app.stop_session(0::smallint, linked), app.restart_session(0::smallint, linked) from s;
select is((select desired || ' ' || state from public.sessions join s on account_id = linked), 'running OPEN', 'also when it was to stop a moment ago');
select app.stop_session(0::smallint, linked), app.release_session(0::smallint, linked, token) from t;
select is((select expires_at from app.session_leases join s on account_id = linked), 'infinity', 'stopped, it is not connected');
select app.restart_session(0::smallint, linked) from s;
select is((select state || ' ' || (expires_at = app.now()) from public.sessions join s on account_id = linked join app.session_leases using (shard, account_id)), 'DEGRADED true', 'until it is wanted');
select app.set_session_state(0::smallint, linked, tests.session_token(linked, 'w2'), 'LOGGED_OUT', 'unlinked', 'w') from s;
select app.restart_session(0::smallint, linked) from s;
select results_eq('select state, paired_jid, link_rounds from public.sessions x join s on x.account_id = linked', $$ values ('NEW', null, 2) $$, 'logged out, it is linked anew, which counts');
select throws_ok($$ select app.restart_session(0::smallint, gen_random_uuid()) $$, 'SB404', null, 'only what is there');

select * from finish();
rollback;
