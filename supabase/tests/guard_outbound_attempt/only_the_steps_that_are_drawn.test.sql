-- All of them, from every state to every other.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
create temp table step (was text, is_ text, allowed boolean);
create temp table drawn (was text, next text[]);
insert into drawn values ('INTENT', '{IO_STARTED,REJECTED}'), ('IO_STARTED', '{ACCEPTED,REJECTED,UNKNOWN}'), ('UNKNOWN', '{ACCEPTED,REJECTED}'),
  ('ACCEPTED', '{REJECTED}'), ('REJECTED', '{ACCEPTED}');
do $$
declare
  v record;
begin
  for v in select a.was, b.was as next from drawn a cross join drawn b where a.was <> b.was loop
    begin
      alter table app.outbound_attempt disable trigger guard_outbound_attempt;
      update app.outbound_attempt set state = v.was, io_started_at = case when v.was <> 'INTENT' then app.now() end, finished_at = case when v.was not in ('INTENT', 'IO_STARTED') then app.now() end;
      alter table app.outbound_attempt enable trigger guard_outbound_attempt;
      update app.outbound_attempt set state = v.next, io_started_at = case when v.next <> 'INTENT' then app.now() end, finished_at = case when v.next not in ('INTENT', 'IO_STARTED') then app.now() end;
      insert into step values (v.was, v.next, true);
    exception when check_violation then
      insert into step values (v.was, v.next, false);
    end;
  end loop;
end; $$;
select is((select count(*)::integer from step), 20, 'every step was tried');
select is_empty('select s.* from step s join drawn d using (was) where s.allowed <> (s.is_ = any (d.next))', 'those that are drawn are allowed, and no other');
select throws_ok($$ update app.outbound_attempt set io_started_at = null, state = 'UNKNOWN' $$, '23514', null, 'what never left is not of unknown end');

select * from finish();
rollback;
