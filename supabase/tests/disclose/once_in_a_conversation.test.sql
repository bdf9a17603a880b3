-- By the message that carries it.
begin;
select no_plan();

select tests.clock();
select tests.delivery('{"ai_disclosure": "I am an AI."}', null);
create function pg_temp.send (p_key text, p_author text default 'agent') returns text language plpgsql as $$
declare
  v_id uuid := tests.says(p_author, p_key);
begin
  return tests.start_attempt(v_id) -> 'content' ->> 'text';
end; $$;
create function pg_temp.ends (p_key text, p_outcome jsonb) returns text language sql as $$ select tests.finish_attempt(id, p_outcome) from app.outbound_message where idempotency_key = p_key $$;
select is(pg_temp.send('1', 'person'), 'Your table is free.', 'a person says nothing of the kind');
select pg_temp.ends('1', '{"state": "ACCEPTED", "provider_message_id": "p1"}');
select is(pg_temp.send('2'), E'I am an AI.\n\nYour table is free.', 'the agent''s first answer does');
select is((select body from public.messages m join app.outbound_message o on o.message_id = m.id where idempotency_key = '2'), E'I am an AI.\n\nYour table is free.', 'people see it');
select pg_temp.ends('2', '{"state": "REJECTED", "code": "x", "class": "retry", "retry_after_s": 0}');
select is(pg_temp.send('2'), E'I am an AI.\n\nYour table is free.', 'every try of it does');
select pg_temp.ends('2', '{"state": "REJECTED", "code": "x", "retry": false}');
select is(pg_temp.send('3'), E'I am an AI.\n\nYour table is free.', 'it never arrived: the next one says it');
select pg_temp.ends('3', '{"state": "ACCEPTED", "provider_message_id": "p3"}');
select is(pg_temp.send('4'), 'Your table is free.', 'then it is said');
select pg_temp.ends('4', '{"state": "ACCEPTED", "provider_message_id": "p4"}');
select tests.delivery('{"ai_disclosure_per": "session"}', null);
select app.open_session(0::smallint, tests.tenant(), tests.conversation());
select is(pg_temp.send('5'), E'I am an AI.\n\nYour table is free.', 'or once in each session');
select pg_temp.ends('5', '{"state": "ACCEPTED", "provider_message_id": "p5"}');
select is(pg_temp.send('6'), 'Your table is free.', 'once');

select * from finish();
rollback;
