-- The target has to be an incoming message of the same conversation.
begin;
select no_plan();

select tests.ingest(tests.event('m1', 'mine', p_phone => '1'));
select tests.ingest(tests.event('e1', 'yours', p_phone => '2', p_kind => 'edit', p_over => '{"target_id": "m1"}'));
select is((select body from public.messages where provider_message_id = 'm1'), 'mine', 'another customer''s edit changes nothing');
select tests.sent('out-1', 'wamid.out-1');
select tests.ingest(tests.event('v1', '', p_kind => 'revoke', p_over => '{"target_id": "wamid.out-1"}'));
select is((select revoked_at from public.messages where provider_message_id = 'wamid.out-1'), null, 'a customer cannot revoke what we wrote');

select * from finish();
rollback;
