-- The number of the work, or a contradiction.
begin;
select no_plan();

select tests.clock();
insert into app.queue_idempotency (queue, key, fingerprint, lane_id, seq, created_at) values ('inbound', 'k', 'f', md5('l')::uuid, 7, app.now()), ('inbound', 'later', 'g', md5('l')::uuid, null, app.now());
select is(app.known_queue_key(0::smallint, 'inbound', 'k', 'f'), 7::bigint, 'its number');
select is(app.known_queue_key(0::smallint, 'inbound', 'later', 'g'), null, 'none while it is scheduled');
select throws_ok($$ select app.known_queue_key(0::smallint, 'inbound', 'k', 'x') $$, 'SB409', null, 'other work is refused');

select * from finish();
rollback;
