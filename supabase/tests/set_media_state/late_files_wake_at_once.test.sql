-- When quiet is over.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('i1', 'this one', p_over => '{"message": {"id": "i1", "type": "image", "text": "this one", "content": {}}}'));
select app.set_media_state(0::smallint, id, 'pending') from public.messages;
select tests.later('3 seconds');
select app.set_media_state(0::smallint, id, 'ready') from public.messages;
select is((tests.ready(tests.conversation())).at, app.now(), 'ready at once');

select * from finish();
rollback;
