-- Memory is short.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('in-1'));
select app.remember(0::smallint, tests.tenant(), tests.conversation(), (select jsonb_agg(jsonb_build_object('text', n) order by n) from generate_series(1, 19) n));
select app.remember(0::smallint, tests.tenant(), tests.conversation(), '[{"text": 20}, {"text": 21}, {"text": 22}]');
select is((select jsonb_agg((m -> 'text')::integer) from app.ai_conversation_memory, jsonb_array_elements(messages) m), (select jsonb_agg(n order by n) from generate_series(3, 22) n), 'the last twenty, oldest first');
select app.remember(0::smallint, tests.tenant(), tests.conversation(), (select jsonb_agg(jsonb_build_object('text', n) order by n) from generate_series(1, 50) n));
select is((select jsonb_array_length(messages) from app.ai_conversation_memory), 20, 'also of a burst of fifty');
select lives_ok($$ select app.remember(0::smallint, tests.tenant(), tests.conversation(), '[]') $$, 'nothing to remember is no harm');

select * from finish();
rollback;
