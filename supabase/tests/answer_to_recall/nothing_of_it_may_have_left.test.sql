-- By the state of its messages.
begin;
select no_plan();

select tests.clock();
select tests.working_turn();
select tests.answer(tests.conversation(), 'one', 'two');
create temp table o as select o.id, row_number() over (order by m.position) as n from app.outbound_message o join public.messages m on m.id = o.message_id and m.shard = o.shard;

create function pg_temp.recall (p_n integer default 2) returns boolean language sql as $$ select app.answer_to_recall(0::smallint, (select id from o where n = p_n)) is not null; $$;
select tests.ingest(tests.event('in-2', 'and dessert'));
select ok(pg_temp.recall(), 'both wait');
update app.outbound_message set status = 'FAILED', failed_at = app.now(), error = '{}' where id = (select id from o where n = 1);
select ok(not pg_temp.recall(), 'one that failed was tried');
update app.outbound_message set status = 'QUEUED', failed_at = null where id = (select id from o where n = 1);
update app.outbound_message set status = 'CANCELLED' where id = (select id from o where n = 1);
select ok(pg_temp.recall(), 'one that a person cancelled never leaves');
select ok(not pg_temp.recall(1), 'and is not asked for');
insert into app.outbound_attempt (outbound_message_id, attempt_no, state, token, worker, started_at, finished_at) select id, 1, 'REJECTED', 1, 'w', app.now(), app.now() from o where n = 2;
select ok(pg_temp.recall(), 'one that the provider refused has not left');
delete from app.outbound_attempt;
insert into app.outbound_attempt (outbound_message_id, attempt_no, state, token, worker, started_at, io_started_at, finished_at) select id, 1, 'UNKNOWN', 1, 'w', app.now(), app.now(), app.now() from o where n = 2;
select ok(not pg_temp.recall(), 'one of which nobody knows may have');

select * from finish();
rollback;
