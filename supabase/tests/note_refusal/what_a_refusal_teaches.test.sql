-- The window, and marketing.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
create temp table sent_at as select app.now() as at;
select tests.later('1 hour');
select app.note_refusal(0::smallint, o, 1::smallint, '131047') from app.outbound_message o;
select results_eq('select closed_at from app.window_corrections', 'select at from sent_at', 'it was closed when the message was sent');
select app.note_refusal(0::smallint, o, 1::smallint, '131050') from app.outbound_message o;
select app.note_refusal(0::smallint, o, 1::smallint, '131050') from app.outbound_message o;
select results_eq('select scope, action, source from public.consent_events', $$ values ('marketing', 'stop', 'refusal') $$, 'no marketing any more');
select app.note_refusal(0::smallint, o, 1::smallint, '131026') from app.outbound_message o;
select is((select count(*) from public.consent_events), 1::bigint, 'others teach nothing');

select * from finish();
rollback;
