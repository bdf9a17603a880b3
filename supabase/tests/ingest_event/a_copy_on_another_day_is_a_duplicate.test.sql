-- A second delivery is a duplicate: on the next day by its own time, which is the same in every copy, and after its day was
-- dropped by what the fact itself did.
begin;
select no_plan();

select tests.clock('2026-11-20 23:59:00Z');
select tests.outbound();
create temp table sent as select tests.sent('out-2', 'wamid.2') as id;
create temp table copies as select tests.event('in-1') as message, tests.event('in-2', p_kind => 'reaction', p_over => '{"target_id": "in-1"}') as reaction,
  tests.event('in-3', p_kind => 'echo') as echo, tests.event('in-4', 'new text', p_kind => 'edit', p_over => '{"target_id": "in-1"}') as edit,
  tests.event('in-5', p_kind => 'revoke', p_over => '{"target_id": "in-1"}') as revoke, tests.event('in-6', p_kind => 'system') as system,
  tests.status('wamid.2', 'delivered') as status;
select is(tests.ingest(message, reaction, echo, edit, revoke, system, status) -> 'stored', '7', 'seven facts') from copies;
create function pg_temp.world () returns text language sql as $$
  select md5((select string_agg(m::text, ',' order by m.position) from public.messages m)
    || (select string_agg(o::text, ',' order by o.id) from app.outbound_message o)
    || (select string_agg(l::text, ',' order by l.lane_id) from app.queue_lane l)
    || (select string_agg(c::text, ',' order by c.id) from public.conversations c));
$$;
create temp table before as select pg_temp.world() as world;

select tests.later('7 days');
select is(tests.ingest(message, reaction, echo, edit, revoke, system, status) -> 'duplicates', '7', 'a week later: duplicates') from copies;
select is(pg_temp.world(), (select world from before), 'that change nothing');

-- As when the partition was dropped.
delete from app.processed_messages;
select tests.later('90 days');
select is(tests.ingest(message, reaction, echo, edit, revoke, system, status) -> 'duplicates', '6', 'when the facts are forgotten, messages are duplicates still') from copies;
select is(pg_temp.world(), (select world from before), 'and the status changes nothing either');

select * from finish();
rollback;
