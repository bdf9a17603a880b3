-- Priorities 9 to 0.
begin;
select no_plan();

select tests.clock();
create temp table l (name text, lane uuid default gen_random_uuid());
insert into l (name) values ('low'), ('late'), ('early'), ('high');
select app.enqueue_message(0::smallint, 'inbound', lane, tests.tenant(), 'work', '{}', 'c', 1::smallint) from l where name = 'low';
select app.enqueue_message(0::smallint, 'inbound', lane, tests.tenant(), 'work', '{}', 'c') from l where name = 'early';
select tests.later('1 second');
select app.enqueue_message(0::smallint, 'inbound', lane, tests.tenant(), 'work', '{}', 'c') from l where name = 'late';
select app.enqueue_message(0::smallint, 'inbound', lane, tests.tenant(), 'work', '{}', 'c', 9::smallint) from l where name = 'high';
create temp table got (ordinal serial, lane uuid);
do $$ begin for n in 1 .. 4 loop insert into got (lane) select lane_id from app.get_next_queue_message(0::smallint, 'inbound', 'w', 1); end loop; end; $$;
select results_eq('select name from got join l using (lane) order by ordinal', $$ values ('high'), ('early'), ('late'), ('low') $$, 'in this order');

select * from finish();
rollback;
