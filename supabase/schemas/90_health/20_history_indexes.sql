-- How the health views and monitoring/webhook-health-checks.sql find the last hour or day in tables that only grow.
-- Rows come in the order of these times, so a block range index of a few pages does it; none of the times is
-- changed on the way of a message but claimed_at by a second try, so updates stay HOT. `autosummarize`, because a range that is not
-- summarized yet is read by every query, and vacuum comes only after a fifth of the table is new.

create index messages_created_at on public.messages using brin (created_at) with (pages_per_range = 32, autosummarize = on);
create index turns_claimed_at on app.turns using brin (claimed_at) with (pages_per_range = 32, autosummarize = on);
create index outbound_message_created_at on app.outbound_message using brin (created_at) with (pages_per_range = 32, autosummarize = on);
create index outbound_attempt_started_at on app.outbound_attempt using brin (started_at) with (pages_per_range = 32, autosummarize = on);
create index processed_messages_processed_at on app.processed_messages using brin (processed_at) with (pages_per_range = 32, autosummarize = on);
create index webhook_events_received_at on app.webhook_events using brin (received_at) with (pages_per_range = 32, autosummarize = on);
create index workflow_states_finished_at on app.workflow_states using brin (finished_at) with (pages_per_range = 32, autosummarize = on);

-- Null until nobody knows whether the provider took a message, which is rare: the usual updates do not touch it.
create index outbound_message_unknown on app.outbound_message (unknown_since) where unknown_since is not null;
