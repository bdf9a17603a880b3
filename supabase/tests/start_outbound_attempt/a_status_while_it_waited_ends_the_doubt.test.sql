-- The provider took it after all.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id, tests.outbound('out-2') as next;
select tests.finish_attempt(id, '{"state": "UNKNOWN", "code": "timeout"}') from o;
select tests.later('5 seconds');
select tests.ingest(tests.status('p1', 'delivered', (select id from o)));
select is((tests.ready(tests.conversation(), 'outbound')).at, app.now(), 'the lane is woken');
select is(tests.start_attempt(id), '{"action": "done"}'::jsonb, 'nothing is sent') from o;
select results_eq('select attempt_no, state, provider_message_id from app.outbound_attempt', $$ values (1::smallint, 'ACCEPTED', 'p1') $$, 'the attempt turns out to have been accepted');
select is(tests.start_attempt(next) ->> 'action', 'send', 'the next message goes out') from o;

select * from finish();
rollback;
