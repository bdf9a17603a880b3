-- What the gates keep about an account and a conversation. Rows of their own, because a send holds its outbound message
-- when it comes here, and the conversation would have to be locked before that.

-- The token bucket of a number: tat is the theoretical arrival time of the next send (GCRA), asked the end of the queue of those
-- who were told to wait. One row for each number, updated in place at up to send_rate_per_s.
create table app.send_pace (
  shard      smallint    not null default 0,
  account_id uuid        not null,
  tat        timestamptz not null,
  asked      timestamptz not null,
  granted    boolean     not null,
  primary key (shard, account_id),
  foreign key (shard, account_id) references public.whatsapp_accounts (shard, id) on delete cascade
) with (fillfactor = 10);
comment on table app.send_pace is 'Token bucket of each number.';

-- The token bucket of a number and a person, which is a conversation.
create table app.pair_pace (
  shard           smallint    not null default 0,
  conversation_id uuid        not null,
  tat             timestamptz not null,
  primary key (shard, conversation_id),
  foreign key (shard, conversation_id) references public.conversations (shard, id) on delete cascade
) with (fillfactor = 70);
comment on table app.pair_pace is 'Token bucket of each conversation.';

-- The provider said that the window is closed (131047), about a message that was sent then: whatever last_customer_message_at says,
-- until the customer has written after it.
create table app.window_corrections (
  shard           smallint    not null default 0,
  conversation_id uuid        not null,
  closed_at       timestamptz not null,
  primary key (shard, conversation_id),
  foreign key (shard, conversation_id) references public.conversations (shard, id) on delete cascade
);
comment on table app.window_corrections is 'Conversations whose window the provider called closed.';

-- Which outbound message carries the disclosure that an AI answers.
create table app.ai_disclosures (
  shard               smallint    not null default 0,
  conversation_id     uuid        not null,
  outbound_message_id uuid        not null,
  session_id          uuid,
  primary key (shard, conversation_id),
  foreign key (shard, conversation_id) references public.conversations (shard, id) on delete cascade
);
comment on table app.ai_disclosures is 'Which message told a customer that an AI answers.';

alter table app.send_pace enable row level security;
alter table app.pair_pace enable row level security;
alter table app.window_corrections enable row level security;
alter table app.ai_disclosures enable row level security;
grant select, insert, update, delete on app.send_pace, app.pair_pace, app.window_corrections, app.ai_disclosures to service_role;
