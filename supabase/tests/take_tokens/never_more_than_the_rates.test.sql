-- Somebody who asks all the time, with the clock in hand.
begin;
select no_plan();

select tests.clock();
select app.configure_sending(0::smallint, tests.account(), p_send_rate_per_s => 80, p_pair_burst => 45);
select tests.says('agent');
create table pg_temp.sends (at timestamptz);
-- Asks four times a second.
create function pg_temp.pair (p_seconds integer) returns void language plpgsql as $$
declare
  v_account      uuid := tests.account();
  v_conversation uuid := tests.conversation();
begin
  for n in 1 .. p_seconds * 4 loop
    if app.take_tokens(0::smallint, v_account, v_conversation) is null then
      insert into pg_temp.sends values (app.now());
    end if;
    perform tests.later('250 milliseconds');
  end loop;
end; $$;
select pg_temp.pair(400);
select is((select count(*) from sends where at < '2026-11-20 10:00:12Z'), 46::bigint, 'the burst, and one for each six seconds');
select is_empty($$ select a.at, b.at from (select at, row_number() over (order by at) as n from sends) a
  join (select at, row_number() over (order by at) as n from sends) b on b.n >= a.n
  where b.n - a.n + 1 > 45 + floor(extract(epoch from b.at - a.at) / 6) $$, 'in no interval more than the burst and the rate');
select is((select count(*) from sends), 45 + 66::bigint, 'and no less');

select * from finish();
rollback;
