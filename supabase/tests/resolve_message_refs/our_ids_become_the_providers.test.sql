-- Quotes and reactions: what agents name by our ids leaves by the provider's.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('wamid.1'), tests.event('wamid.2', p_phone => '2'));
create temp table ids as select provider_message_id as name, id from public.messages;
create function pg_temp.refs (p_content jsonb) returns jsonb language sql
  as $$ select app.resolve_message_refs(0::smallint, tests.conversation(), p_content) $$;

select is(pg_temp.refs(jsonb_build_object('type', 'text', 'replyTo', (select id from ids where name = 'wamid.1'))),
  '{"type": "text", "replyTo": "wamid.1"}'::jsonb, 'a quote by our id');
select is(pg_temp.refs(jsonb_build_object('type', 'reaction', 'messageId', (select upper(id::text) from ids where name = 'wamid.1'))),
  '{"type": "reaction", "messageId": "wamid.1"}'::jsonb, 'a reaction by our id');
select is(pg_temp.refs('{"type": "text", "replyTo": "wamid.9"}'), '{"type": "text", "replyTo": "wamid.9"}'::jsonb,
  'the provider''s id stays as it is');
select is(pg_temp.refs('{"type": "text", "text": "hi"}'), '{"type": "text", "text": "hi"}'::jsonb, 'and so does what quotes nothing');
select is(pg_temp.refs(jsonb_build_object('type', 'text', 'replyTo', (select id from ids where name = 'wamid.2'))),
  '{"type": "text"}'::jsonb, 'a message of another conversation is not quoted');
select is(pg_temp.refs(jsonb_build_object('type', 'text', 'replyTo', gen_random_uuid())), '{"type": "text"}'::jsonb, 'nor one that is not there');

create temp table o as select app.enqueue_outbound_message(0::smallint, tests.conversation(), 'agent', 'x',
  jsonb_build_object('type', 'text', 'text', 'x', 'replyTo', (select id from ids where name = 'wamid.1')), 'k1', 'c') as id;
select is((select reply_to from public.messages where direction = 'out'), 'wamid.1', 'the stored message says what it answers');
select is(tests.start_attempt((select id from o)) -> 'content', '{"type": "text", "text": "x", "replyTo": "wamid.1"}'::jsonb,
  'and leaves with the provider''s id');
select is(pg_temp.refs(jsonb_build_object('type', 'text', 'replyTo', (select message_id from app.outbound_message))), '{"type": "text"}'::jsonb,
  'a message of ours that was never accepted cannot be quoted');

select * from finish();
rollback;
