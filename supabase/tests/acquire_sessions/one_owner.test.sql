-- A free session is given once; one whose owner is silent is given to the next, under a greater token.
begin;
select no_plan();

select tests.clock();
create temp table s as select tests.session() as account;
grant select on s to public;
set local role service_role;
create temp table first as select * from app.acquire_sessions(0::smallint, 'w1', 10, '30 seconds');
select results_eq('select account_id, state, desired, method from first', $$ select account, 'NEW', 'running', 'qr' from s $$, 'given, with what is needed to connect');
select is_empty($$ select * from app.acquire_sessions(0::smallint, 'w2', 10, '30 seconds') $$, 'not to another one');
select is_empty($$ select * from app.acquire_sessions(0::smallint, 'w1', 10, '30 seconds') $$, 'nor again');
select app.offer_link_code(0::smallint, account_id, token, 'c', '20 seconds'), app.set_session_state(0::smallint, account_id, token, 'PAIRING', p_paired_jid => 'j'),
  app.set_session_state(0::smallint, account_id, token, 'OPEN') from first;
select tests.later('29 seconds');
select is_empty($$ select * from app.acquire_sessions(0::smallint, 'w2', 10, '30 seconds') $$, 'while the lease runs');
select tests.later('1 second');
create temp table second as select * from app.acquire_sessions(0::smallint, 'w2', 10, '30 seconds');
select results_eq('select s.state, s.token > f.token, s.paired_jid from second s, first f', $$ values ('DEGRADED', true, 'j') $$, 'then the next one has it, to connect again');
select is((select reason from public.sessions), 'taken_over', 'and people read why');
select results_eq('select owner, live from app.device_locks', $$ values ('w2', true) $$, 'the locks show it');
reset role;
create temp table late as select tests.session(p_no => 'late') as account;
grant select on late to public;
select app.offer_link_code(0::smallint, account, tests.session_token(account, 'w1'), 'a code', '20 seconds') from late;
set local role service_role;
select tests.later('31 seconds');
select isnt_empty($$ select * from app.acquire_sessions(0::smallint, 'w2', 10, '30 seconds') $$, 'one that shows a code is taken over as well');
select results_eq('select s.state, l.code from public.sessions s join public.session_links l using (shard, account_id) join late on s.account_id = account', $$ values ('NEW', null) $$, 'and the code is void');

select * from finish();
rollback;
