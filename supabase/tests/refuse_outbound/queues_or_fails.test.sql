-- By the class, and by the count.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
update app.outbound_attempt set state = 'REJECTED', finished_at = app.now();
select is((app.refuse_outbound(0::smallint, o, 1::smallint, '{"class": "slow_pair", "code": "131056"}', false, app.now())).status, 'QUEUED', 'the pair is slowed') from app.outbound_message o;
select results_eq('select o.refused, a.next_retry_at, o.error ->> ''code'' from app.outbound_message o, app.outbound_attempt a', $$ values (1::smallint, app.now() + interval '4 seconds', '131056') $$, 'counted, with its time and reason');
select is_empty('select from app.account_send_state', 'and nobody else');
update app.outbound_message set status = 'SENDING';
select is((app.refuse_outbound(0::smallint, o, 1::smallint, '{"class": "pause_number", "code": "131048", "message": "spam"}', true, app.now())).refused, 2::smallint, 'what was taken and failed has had its try') from app.outbound_message o;
select is((select next_retry_at from app.outbound_attempt), null, 'when it is tried, a person says');
update app.outbound_message set status = 'SENDING';
select results_eq($$ select r.status, r.failed_at from app.outbound_message o, app.refuse_outbound(0::smallint, o, 1::smallint, '{}', true, app.now() - interval '1 hour') r $$,
  $$ values ('FAILED', app.now() - interval '1 hour') $$, 'without a class: for good, since then');

select * from finish();
rollback;
