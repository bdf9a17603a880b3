-- A project without a runner is never deaf. pg_net and Vault are stand-ins with the parts of theirs that are used: the tests' server
-- has neither. That a request leaves is not tested.
begin;
select no_plan();

select tests.clock();
create schema net;
create table net.requests (id bigserial, url text, body jsonb, params jsonb, headers jsonb, timeout_milliseconds integer);
create function net.http_post (url text, body jsonb default '{}', params jsonb default '{}', headers jsonb default '{"Content-Type": "application/json"}',
  timeout_milliseconds integer default 5000) returns bigint language sql as $$
  insert into net.requests (url, body, params, headers, timeout_milliseconds) values ($1, $2, $3, $4, $5) returning id;
$$;
create schema vault;
create table vault.decrypted_secrets (name text, decrypted_secret text);

select is(app.call_queue_worker(), null, 'no work, no call');
select tests.lane(1);
set local client_min_messages = error;
select is(app.call_queue_worker(), null, 'work is due, but nobody has said where to');
insert into vault.decrypted_secrets values ('project_url', 'https://x.supabase.co/'), ('queue_worker_key', 'sb_secret_1'), ('other', 'z');
reset client_min_messages;
select is(app.call_queue_worker(), 1::bigint, 'a call');
select results_eq('select url, headers, timeout_milliseconds from net.requests',
  $$ values ('https://x.supabase.co/functions/v1/queue-worker', '{"content-type": "application/json", "apikey": "sb_secret_1"}'::jsonb, 5000) $$, 'of the function, with its key');
select app.worker_heartbeat('r', 'runner');
select is(app.call_queue_worker(), null, 'a runner that is alive does the work');
select tests.later('16 seconds');
select is(app.call_queue_worker(), 2::bigint, 'one that gives no sign of life does not');
select app.pause_queue(0::smallint, 'inbound', 'test');
select is(app.call_queue_worker(), null, 'work that is paused is not due');

select * from finish();
rollback;
