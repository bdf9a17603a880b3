-- New ones and known ones.
begin;
select no_plan();

select tests.clock();
create function pg_temp.note (variadic p_owners text[]) returns void language sql as $$
  select app.note_turns(0::smallint, 'inbound', array[md5('a')::uuid, md5('b')::uuid], array[1.5, 10], array[2, 1], array(select md5(l)::uuid from unnest(p_owners) l)); $$;
select pg_temp.note('a');
select results_eq('select tenant_id, pass from app.queue_tenant', $$ values (md5('a')::uuid, 2::double precision) $$, 'half a lane for one of weight two');
select pg_temp.note('a', 'a', 'b');
select results_eq('select tenant_id, pass from app.queue_tenant order by pass', $$ values (md5('a')::uuid, 2.5::double precision), (md5('b')::uuid, 11) $$, 'both');

select * from finish();
rollback;
