-- A workflow's timer that rings behind a picture: when the picture is ready, its burst goes on all the same.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('in-1', 'here it is'));
create temp table w as select tests.workflow('{"wait_s": 1}') as id;
select app.set_media_state(0::smallint, (select id from public.messages), 'pending');
select tests.later('2 seconds');
select app.promote_scheduled(0::smallint);
select is((select count(*)::integer from app.message_queue), 2, 'the picture and the timer');
select app.set_media_state(0::smallint, (select id from public.messages), 'ready');
select is((tests.ready(tests.conversation())).at <= app.now(), true, 'it is ready');

select * from finish();
rollback;
