-- A message of the API: in the conversation, in the name of its caller, once for each key.
begin;
select no_plan();
select tests.clock();

create temp table a as select tests.account() as id;
create function pg_temp.send (p_over jsonb default '{}', p_slug text default 'a') returns jsonb language sql as $$
  select app.send_api_message(0::smallint, tests.tenant(p_slug), '{"actor": "key:1", "author": "system"}',
    '{"identity": {"kind": "phone", "value": "15550009"}, "content": {"type": "text", "text": "hi"}, "body": "hi", "idempotency_key": "k", "correlation_id": "cor"}'::jsonb || p_over) $$;
create temp table s as select pg_temp.send() as r;
select is(array[r -> 'created', r #> '{message,status}', r #> '{message,author}', r #> '{message,idempotency_key}'], array['true', '"QUEUED"', '"system"', '"k"']::jsonb[], 'it is queued') from s;
select is(actor, 'key:1', 'in the name of the key') from public.audit_logs where action = 'CREATED' and resource_type = 'outbound_message';
select is(pg_temp.send(), jsonb_set(r, '{created}', 'false'), 'again: the same') from s;
select is((select count(*) from app.message_queue where queue = 'outbound'), 1::bigint, 'queued once');
select throws_ok($$ select pg_temp.send('{"content": {"type": "text", "text": "other"}}') $$, 'SB409', null, 'not with another content');
select throws_ok($$ select pg_temp.send('{"identity": {"kind": "phone", "value": "15550008"}}') $$, 'SB409', null, 'nor to somebody else');
select isnt(pg_temp.send('{"idempotency_key": null}') #>> '{message,id}', pg_temp.send('{"idempotency_key": null}') #>> '{message,id}', 'without a key each is another one');
select lives_ok($$ select pg_temp.send(jsonb_build_object('conversation_id', tests.conversation('15550009'), 'idempotency_key', null)) $$, 'into a conversation that there is');
select tests.account('b');
select throws_ok($$ select pg_temp.send(jsonb_build_object('conversation_id', tests.conversation('15550009'), 'idempotency_key', null), 'b') $$, 'SB404', null, 'but not another tenant''s');
select lives_ok($$ select pg_temp.send(p_slug => 'b') $$, 'whose key is another one, though it has the same name');

select * from finish();
rollback;
