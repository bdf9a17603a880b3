-- Without a wish of the other side.
begin;
select no_plan();

select tests.clock();
create temp table l as select tests.lane(1) as lane;
create temp table waits (n serial, wait interval);
do $$ begin for n in 1 .. 6 loop
  perform tests.claim();
  perform app.schedule_message_retry(0::smallint, 'inbound', (select lane from l), tests.token((select lane from l)), 1, '{}');
  insert into waits (wait) select (tests.ready((select lane from l))).at - app.now();
  perform tests.later((select wait from waits order by waits.n desc limit 1));
end loop; end; $$;
select ok(bool_and(wait between interval '1 second' * power(2, n - 1) * 0.75 and interval '1 second' * power(2, n - 1) * 1.25), 'one second, doubled each time, give or take a quarter') from waits;

select * from finish();
rollback;
