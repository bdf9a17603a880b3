-- The order in which locks are taken.
begin;
select no_plan();

select tests.account(), tests.clock();
create temp table tried (ordinal serial, key text);
create function pg_temp.note () returns trigger language plpgsql as $$ begin insert into tried (key) values (new.key); return new; end; $$;
create trigger note before insert on app.processed_messages for each row execute function pg_temp.note();
create trigger note before insert on app.webhook_events for each row execute function pg_temp.note();
select tests.ingest(tests.event('n1', p_kind => 'notice') - 'message', tests.status('B', 'sent'), tests.status('A', 'sent'), tests.event('m2'), tests.status('A', 'delivered'),
  tests.event('m1'));
select results_eq('select key from tried order by ordinal',
  $$ values ('message:m2'), ('message:m1'), ('status:A:delivered'), ('status:A:sent'), ('status:B:sent'), ('acc-a:notice:n1') $$,
  'messages as they came, statuses by message and key whatever order they came in');

select * from finish();
rollback;
