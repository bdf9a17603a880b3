-- A deadlock or a shutdown is not the item's fault: nothing is kept, the provider delivers again.
begin;
select no_plan();

select tests.account();
create function pg_temp.trouble () returns trigger language plpgsql as $$ begin raise exception sqlstate '40P01' using message = 'deadlock detected'; end; $$;
create trigger trouble before insert on public.messages for each row execute function pg_temp.trouble();
select throws_ok($$ select tests.ingest(tests.event('m1')) $$, '40P01', null, 'it is raised');
select is((select count(*)::integer from app.webhook_events), 0, 'and not taken for poison');

select * from finish();
rollback;
