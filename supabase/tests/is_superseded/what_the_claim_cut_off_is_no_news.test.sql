-- More than a claim may cover.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('in-1'), tests.event('in-2'), tests.event('in-3'));
select tests.later('1 second');
select app.get_next_queue_message(0::smallint, 'inbound', 'w', 1, 2);
select app.start_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 2);
create function pg_temp.is_superseded (p_upto bigint) returns boolean language sql as $$
  select app.is_superseded(tests.ready(tests.conversation()), p_upto, t) from app.turns t; $$;
select ok(not pg_temp.is_superseded(2), 'the third message came before the claim');
select ok(pg_temp.is_superseded(1), 'one within its reach came after');
select app.configure_tenant(0::smallint, tests.tenant(), p_on_new_message => 'queue');
select ok(not pg_temp.is_superseded(1), 'where the tenant wants it so, nothing is superseded');

select * from finish();
rollback;
