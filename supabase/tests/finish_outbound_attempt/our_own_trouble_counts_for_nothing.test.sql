-- Nothing left, and the message is not to blame.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.outbound() as id;
do $$ begin
  for n in 1 .. 10 loop
    perform tests.start_attempt((select id from o));
    perform tests.finish_attempt((select id from o), '{"state": "REJECTED", "class": "again", "code": "overslept"}');
    perform tests.later('1 second');
  end loop;
end; $$;
select is(tests.outbound_status(id), 'QUEUED', 'it still waits to be sent') from o;
select is((select refused from app.outbound_message), 0::smallint, 'no refusal is counted');
select is(tests.start_attempt(id) -> 'attempt_no', '11', 'though each try has its row') from o;

select * from finish();
rollback;
