-- The state machine, step by step.
begin;
select no_plan();

select tests.clock();
set local role service_role;
create temp table states as select unnest(array['NEW', 'QR', 'PAIRING', 'OPEN', 'DEGRADED', 'BACKOFF', 'NEEDS_HUMAN', 'LOGGED_OUT']) as state;
select results_eq($$ select f.state, string_agg(t.state, ' ' order by t.state) from states f, states t where app.session_may_become(f.state, t.state) group by 1 order by 1 $$,
  $$ values ('BACKOFF', 'BACKOFF DEGRADED LOGGED_OUT NEEDS_HUMAN OPEN PAIRING QR'), ('DEGRADED', 'BACKOFF DEGRADED LOGGED_OUT NEEDS_HUMAN OPEN'),
    ('LOGGED_OUT', 'LOGGED_OUT'), ('NEEDS_HUMAN', 'BACKOFF DEGRADED LOGGED_OUT NEEDS_HUMAN OPEN'), ('NEW', 'BACKOFF LOGGED_OUT NEEDS_HUMAN NEW PAIRING QR'),
    ('OPEN', 'BACKOFF DEGRADED LOGGED_OUT NEEDS_HUMAN OPEN'), ('PAIRING', 'BACKOFF LOGGED_OUT NEEDS_HUMAN OPEN PAIRING'), ('QR', 'BACKOFF LOGGED_OUT NEEDS_HUMAN PAIRING QR') $$,
  'whoever is logged out stays so, and nothing is open that was not linked');

select * from finish();
rollback;
