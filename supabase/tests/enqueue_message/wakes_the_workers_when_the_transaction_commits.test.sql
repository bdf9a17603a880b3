-- LISTEN switchboard_queue: only who listens before can say (queue.test.ts); here, what is refused.
begin;
select no_plan();

select throws_ok($$ select app.enqueue_message(0::smallint, 'nonsense', gen_random_uuid(), tests.tenant(), 'work', '{}', 'c') $$, '22P02', null, 'a queue that does not exist is refused');

select * from finish();
rollback;
