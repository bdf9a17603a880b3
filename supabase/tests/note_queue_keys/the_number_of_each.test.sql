-- Found again by the key.
begin;
select no_plan();

select tests.clock();
insert into app.queue_idempotency (queue, key, fingerprint, lane_id, created_at) select 'inbound', k, 'f', md5('l')::uuid, app.now() from unnest(array['a', 'b']) k;
select app.note_queue_keys(0::smallint, 'inbound', array['b', 'a'], array[8::bigint, 7]);
select results_eq('select key::text collate "default", seq from app.queue_idempotency order by key', $$ values ('a', 7::bigint), ('b', 8) $$, 'each its own');

select * from finish();
rollback;
