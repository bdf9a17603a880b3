-- Scheduled or waiting.
begin;
select no_plan();

select tests.clock();
create temp table l as select gen_random_uuid() as lane;
select app.enqueue_message(0::smallint, 'inbound', lane, tests.tenant(), 'work', '{}', 'c', p_idempotency_key => 'now'),
       app.enqueue_message(0::smallint, 'inbound', lane, tests.tenant(), 'work', '{}', 'c', p_idempotency_key => 'later', p_run_at => app.now() + interval '1 hour') from l;
select ok(app.cancel_queue_message(0::smallint, 'inbound', 'later'), 'what is scheduled');
select is_empty('select * from app.queue_scheduled', 'is gone');
select ok(app.cancel_queue_message(0::smallint, 'inbound', 'now'), 'what waits');
select is_empty('select * from app.message_queue', 'is gone');
select ok(not app.cancel_queue_message(0::smallint, 'inbound', 'now'), 'once');
select ok(not app.cancel_queue_message(0::smallint, 'inbound', 'never'), 'an unknown key is nothing');

select * from finish();
rollback;
