-- And every limit of it.
begin;
select no_plan();

select tests.clock();
select tests.working_turn();
select tests.answer(tests.conversation(), 'one', 'two');
create temp table o as select o.id, row_number() over (order by m.position) as n from app.outbound_message o join public.messages m on m.id = o.message_id and m.shard = o.shard;

create function pg_temp.recall () returns boolean language sql as $$ select app.answer_to_recall(0::smallint, (select id from o where n = 1)) is not null; $$;
select ok(not pg_temp.recall(), 'nobody wrote');
select tests.ingest(tests.event('in-2', 'and dessert'));
select is(app.answer_to_recall(0::smallint, (select id from o where n = 1)), (select id from app.turns), 'the customer did');
select ok(app.answer_to_recall(0::smallint, tests.outbound('alone')) is null, 'what answers no turn stays');
savepoint here;
select app.configure_tenant(0::smallint, tests.tenant(), p_on_new_message => 'queue');
select ok(not pg_temp.recall(), 'unless the tenant wants it otherwise');
rollback to here;
update app.turns set superseded = 2, superseded_at = app.now();
select ok(not pg_temp.recall(), 'a third time it is sent');
rollback to here;
update public.conversations set agent_paused_until = app.now() + interval '1 hour';
select ok(not pg_temp.recall(), 'with a person there, nobody would answer anew');
rollback to here;
select tests.later('6 seconds');
select ok(not pg_temp.recall(), 'nor when the first message waited too long');
rollback to here;
update app.queue_ready set parked_at = at, at = 'infinity' where queue = 'inbound';
select ok(not pg_temp.recall(), 'nor while the queue is paused');
rollback to here;
select tests.later('1 second');
select tests.claim();
select ok(not pg_temp.recall(), 'nor when a worker has the next turn in hand');
select app.start_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 2);
select app.fail_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 2, '{}');
select ok(not pg_temp.recall(), 'or had: its agent was told that this was said');

select * from finish();
rollback;
