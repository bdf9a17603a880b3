-- Over many conversations; whoever waits has a time of their own.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('in-' || n, p_phone => (15550000 + n)::text, p_over => '{"wakes_agent": false}')) from generate_series(1, 40) as n;
select app.configure_sending(0::smallint, tests.account(), p_send_rate_per_s => 20);
create temp table asked as select c.id, app.take_tokens(0::smallint, c.account_id, c.id) as answer from public.conversations c;
select is((select count(*) from asked where answer is null), 2::bigint, 'a tenth of a second''s at once');
select is((select count(distinct answer ->> 'until') from asked where answer ->> 'why' = 'number_rate'), 38::bigint, 'the others come back one after the other');
select is((select count(*) from app.pair_pace where tat > app.now()), 2::bigint, 'and have not spent their own token');
create table pg_temp.sends (at timestamptz);
do $$ begin
  for n in 1 .. 600 loop
    perform tests.later('5 milliseconds');
    insert into pg_temp.sends select app.now() from public.conversations c where app.take_tokens(0::smallint, c.account_id, c.id) is null and c.id = (select id from asked offset (n % 40) limit 1);
  end loop;
end $$;
select cmp_ok((select max(n) from (select count(*) over (order by at range between current row and '999999 microseconds' following) as n from sends) x), '<=', 20::bigint, 'in no second more than the rate');
select cmp_ok((select count(*) from sends), '>=', 40::bigint, 'and not much less over time');

select * from finish();
rollback;
