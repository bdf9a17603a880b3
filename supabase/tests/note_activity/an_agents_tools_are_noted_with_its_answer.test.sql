-- complete_turn writes a TOOL_CALL for each tool that the agent called.
begin;
select no_plan();
select tests.clock();

create temp table t as select tests.working_turn() as turn;
select app.complete_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 1, (turn ->> 'turn_id')::uuid,
  '{"replies": [{"body": "hi", "content": {"type": "text", "text": "hi"}}], "tool_calls": [{"name": "search", "ms": 12, "ok": true}, {"name": "book", "ms": 7, "ok": false}]}') from t;
select bag_eq($$ select detail ->> 'name' as name, detail ->> 'ms' as ms, detail ->> 'ok' as ok, actor from app.conversation_events where kind = 'TOOL_CALL' $$,
  $$ values ('search', '12', 'true', 'agent:concierge'), ('book', '7', 'false', 'agent:concierge') $$, 'with how long it took and how it ended');
select is(actor, 'agent:concierge', 'and its reply is audited as the agent''s') from public.audit_logs where action = 'CREATED' and resource_type = 'outbound_message';
create temp table t2 as select tests.working_turn('in-2') as turn;
select app.complete_turn(0::smallint, tests.conversation(), tests.token(tests.conversation()), 2, (turn ->> 'turn_id')::uuid,
  '{"replies": [], "usage": {"tools": ["lookup"]}}') from t2;
select is(count(*), 1::bigint, 'an agent that tells only their names is enough') from app.conversation_events where kind = 'TOOL_CALL' and detail ->> 'name' = 'lookup';

select * from finish();
rollback;
