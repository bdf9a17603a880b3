-- The customer took it back.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('in-1', 'secret'), tests.event('in-2', 'fine'), tests.event('v1', '', p_kind => 'revoke', p_over => '{"target_id": "in-1"}'));
select tests.later('1 second');
select tests.claim();
select is(app.start_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 2) -> 'messages' -> 0 ->> 'text', 'fine', 'only what is left');
select tests.ingest(tests.event('v2', '', p_kind => 'revoke', p_over => '{"target_id": "in-2"}'));
select results_eq($$ select t ->> 'action', t ->> 'reason', t -> 'messages' from app.start_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 2) t $$,
  $$ values ('skip', 'every message was revoked', '[]'::jsonb) $$, 'and nobody answers nothing');

select * from finish();
rollback;
