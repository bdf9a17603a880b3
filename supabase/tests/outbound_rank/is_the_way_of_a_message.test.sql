-- Forward only means: up this order.
begin;
select no_plan();

select results_eq($$ select s from unnest(array['PLAYED', 'READ', 'DELIVERED', 'FAILED', 'SENT', 'QUEUED']) s order by app.outbound_rank(s) $$,
  $$ values ('QUEUED'), ('SENT'), ('FAILED'), ('DELIVERED'), ('READ'), ('PLAYED') $$, 'queued, sent, failed, delivered, read, played');
select ok(bool_and(app.outbound_rank(s) = 0), 'what is not sent yet is all the same') from unnest(array['QUEUED', 'SENDING', 'UNKNOWN', 'PARKED']) s;
select ok(app.outbound_rank('CANCELLED') > app.outbound_rank('PLAYED'), 'what was cancelled stays cancelled');

select * from finish();
rollback;
