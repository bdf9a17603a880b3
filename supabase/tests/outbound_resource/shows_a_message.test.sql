-- An outbound message as the API shows it.
begin;
select no_plan();
select tests.clock();

select tests.sent('turn-key', 'p1');
create temp table r as select app.outbound_resource(o, true) as r from app.outbound_message o;
select is(r - 'id' - 'message_id' - 'conversation_id' - 'account_id' - 'attempts', '{"status": "SENT", "turn_id": null, "author": "agent", "content": {"type": "text", "text": "text of turn-key"}, "provider_message_id": "p1",
  "idempotency_key": null, "error": null, "correlation_id": "cor-turn-key", "created_at": "2026-11-20T10:00:00+00:00", "send_at": null, "sent_at": "2026-11-20T10:00:00+00:00", "delivered_at": null,
  "read_at": null, "played_at": null, "failed_at": null, "cancelled_at": null}', 'in UTC; the engine''s own keys are not shown') from r;
select is(r -> 'attempts' -> 0 ->> 'state', 'ACCEPTED', 'with its attempts') from r;
select ok(not app.outbound_resource(o) ? 'attempts', 'or without') from app.outbound_message o;

select * from finish();
rollback;
