-- What a person has to see to.
begin;
select no_plan();

select tests.clock();
create temp table s as select tests.session() as fresh, tests.session(p_no => '2') as linked;
create temp table t as select fresh, tests.session_token(fresh) as fresh_token, linked, tests.open_session(linked) as linked_token from s;
update t set fresh_token = (select token from app.session_leases where account_id = fresh);
grant select, update on t to public;
set local role service_role;
select app.set_session_state(0::smallint, fresh, fresh_token, 'NEEDS_HUMAN', 'qr_expired', 'Nobody scanned it.') from t;
select is_empty('select from public.tasks', 'a code that nobody scanned is no task');
select app.set_session_state(0::smallint, linked, linked_token, 'NEEDS_HUMAN', 'banned', 'Banned for a day.', '1 day') from t;
select results_eq('select subject, reason from public.tasks', $$ select linked::text, 'Banned for a day.' from t $$, 'a number that is held back is one');
select is((select expires_at from app.session_leases join t on account_id = linked), app.now() + interval '1 day', 'it is tried again then');
select is((select expires_at from app.session_leases join t on account_id = fresh), 'infinity', 'the other one when somebody asks for it');
select tests.later('1 day');
update t set linked_token = tests.session_token(linked, 'w2');
select app.set_session_state(0::smallint, linked, linked_token, 'OPEN') from t;
select isnt_empty('select from public.tasks where resolved_by = ''system''', 'open again, the task is done');

select * from finish();
rollback;
