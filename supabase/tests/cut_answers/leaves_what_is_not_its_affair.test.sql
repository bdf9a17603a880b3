-- An answer of which nothing left, a message of no turn, a tenant that finishes.
begin;
select no_plan();

select tests.clock();
select tests.working_turn();
select tests.answer(tests.conversation(), 'one', 'two');
select tests.says('person', 'by hand');
select tests.ingest(tests.event('in-2'));
select is(app.cut_answers(0::smallint, tests.conversation()), 0, 'nothing has left');
select tests.start_attempt(o.id) from app.outbound_message o join public.messages m on m.id = o.message_id where m.body = 'one';
select app.configure_tenant(0::smallint, tests.tenant(), p_on_new_message => 'queue');
select is(app.cut_answers(0::smallint, tests.conversation()), 0, 'the tenant wants it finished');
select app.configure_tenant(0::smallint, tests.tenant(), p_on_new_message => 'supersede');
select tests.finish_attempt(o.id, '{"state": "ACCEPTED", "provider_message_id": "p1"}') from app.outbound_message o where o.status = 'SENDING';
select is(tests.outbound_status(id), 'QUEUED', 'what a person wrote stays') from app.outbound_message where idempotency_key = 'by hand';

select * from finish();
rollback;
