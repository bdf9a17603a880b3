-- Notices, history, standby, and kinds that this version does not know.
begin;
select no_plan();

select tests.account();
select is(tests.ingest(
  tests.event('n1', p_kind => 'notice', p_over => '{"topic": "account_update"}'), tests.event('h1', p_kind => 'history'), tests.event('s1', p_kind => 'standby'),
  tests.event('u1', p_kind => 'unknown', p_over => '{"reason": "a field that nobody knows"}'), tests.event('f1', p_kind => 'from_the_future')) -> 'raw', '5', 'all are kept');
select results_eq('select kind, reason, account_id from app.webhook_events order by kind',
  $$ values ('from_the_future', 'kept for people to see', tests.account()), ('history', 'kept for people to see', tests.account()), ('notice', 'kept for people to see', tests.account()),
            ('standby', 'kept for people to see', tests.account()), ('unknown', 'a field that nobody knows', tests.account()) $$, 'with their account and, if there is one, the reason');
select is((select count(*)::integer from app.message_queue), 0, 'no agent is woken');

select * from finish();
rollback;
