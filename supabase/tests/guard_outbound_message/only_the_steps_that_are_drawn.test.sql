-- All of them, from every status to every other.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.outbound() as id;
create temp table step (was text, is_ text, allowed boolean);
create temp table drawn (was text, next text[]);
insert into drawn values
  ('QUEUED', '{SENDING,FAILED,CANCELLED,PARKED,SENT,DELIVERED,READ,PLAYED}'), ('SENDING', '{QUEUED,UNKNOWN,FAILED,PARKED,SENT,DELIVERED,READ,PLAYED}'),
  ('UNKNOWN', '{QUEUED,SENDING,FAILED,PARKED,SENT,DELIVERED,READ,PLAYED}'), ('PARKED', '{QUEUED,FAILED,CANCELLED,SENT,DELIVERED,READ,PLAYED}'),
  ('SENT', '{QUEUED,FAILED,DELIVERED,READ,PLAYED}'), ('FAILED', '{QUEUED,DELIVERED,READ,PLAYED}'), ('DELIVERED', '{READ,PLAYED}'), ('READ', '{PLAYED}'),
  ('PLAYED', '{}'), ('CANCELLED', '{}');
do $$
declare
  v record;
begin
  for v in select a.was, b.was as next from drawn a cross join drawn b where a.was <> b.was loop
    begin
      alter table app.outbound_message disable trigger guard_outbound_message;
      update app.outbound_message set status = v.was, provider_message_id = 'p', error = '{}', failed_at = case v.was when 'FAILED' then app.now() end, unknown_since = app.now();
      alter table app.outbound_message enable trigger guard_outbound_message;
      update app.outbound_message set status = v.next, failed_at = case v.next when 'FAILED' then app.now() end;
      insert into step values (v.was, v.next, true);
    exception when check_violation then
      insert into step values (v.was, v.next, false);
    end;
  end loop;
end; $$;
select is((select count(*)::integer from step), 90, 'every step was tried');
select is_empty('select s.* from step s join drawn d using (was) where s.allowed <> (s.is_ = any (d.next))', 'those that are drawn are allowed, and no other');
select lives_ok($$ update app.outbound_message set status = status, error = '{"code": "x"}' $$, 'to stay is no step');

select * from finish();
rollback;
