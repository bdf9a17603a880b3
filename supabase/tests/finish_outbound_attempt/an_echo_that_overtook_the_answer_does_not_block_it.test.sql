-- A provider that echoes what came through its API, faster than it answers.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select tests.ingest(tests.event('p1', 'text of out-1', p_kind => 'echo'));
select lives_ok($$ select tests.finish_attempt(id, '{"state": "ACCEPTED", "provider_message_id": "p1"}') from o $$, 'the answer is recorded');
select is(tests.outbound_status(id), 'SENT', 'the message is sent') from o;
select tests.ingest(tests.status('p1', 'read'));
select is(tests.outbound_status(id), 'READ', 'and its statuses are applied') from o;
create temp table p as select tests.sending('out-2') as id;
select tests.ingest(tests.event('p2', 'text of out-2', p_kind => 'echo'));
select is(tests.ingest(tests.status('p2', 'delivered', (select id from p))) -> 'stored', '1', 'also when a status comes first');
select is(tests.outbound_status(id), 'DELIVERED', 'which is applied') from p;

select * from finish();
rollback;
