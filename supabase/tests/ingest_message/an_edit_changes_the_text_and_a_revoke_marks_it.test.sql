-- What the agent will read.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('m1', 'frist'), tests.event('e1', 'first', p_kind => 'edit', p_over => '{"target_id": "m1"}'));
select results_eq($$ select body, edited_at, revoked_at from public.messages where provider_message_id = 'm1' $$, $$ values ('first', app.now(), null::timestamptz) $$, 'an edit changes the text');
select tests.ingest(tests.event('v1', '', p_kind => 'revoke', p_over => '{"target_id": "m1"}'));
select is((select revoked_at from public.messages where provider_message_id = 'm1'), app.now(), 'a revoke marks the message');
select is(tests.ingest(tests.event('e2', 'x', p_kind => 'edit', p_over => '{"target_id": "never seen"}')) -> 'stored', '1', 'an edit of something unknown is stored and harms nothing');

select * from finish();
rollback;
