-- CREATED, SENT, UPDATED, FAILED and BLOCKED_BY_POLICY, whoever makes the change.
begin;
select no_plan();
select tests.clock();

create function pg_temp.audit (p_outbound uuid) returns table (step text) language sql as $$
  select format('%s %s>%s %s', action, meta ->> 'from', meta ->> 'to', actor) from public.audit_logs
   where resource_type = 'outbound_message' and resource_id = p_outbound::text order by created_at, id; $$;
create temp table m as select tests.outbound('out-1') as id;
select tests.later('1 second');
select tests.start_attempt(id) from m;
select tests.later('1 second');
select tests.finish_attempt(id, '{"state": "ACCEPTED", "provider_message_id": "p1"}') from m;
select tests.later('1 second');
select tests.ingest(tests.status('p1', 'delivered'));
select tests.ingest(tests.status('p1', 'sent'));
select results_eq('select pg_temp.audit(id) from m', array['CREATED >QUEUED system', 'UPDATED QUEUED>SENDING system', 'SENT SENDING>SENT system', 'UPDATED SENT>DELIVERED provider'],
  'each step once, and nothing for a status that moves nothing');

create temp table f as select tests.outbound('out-2') as id;
select app.act_as('{"actor": "user:7"}');
select app.set_outbound_status(0::smallint, id, 'FAILED', '{"code": "131026"}') from f;
select is(meta ->> 'code', '131026', 'a failure says its code') from public.audit_logs join f on resource_id = f.id::text where action = 'FAILED' and actor = 'user:7';
create temp table b as select tests.outbound('out-3') as id;
select app.set_outbound_status(0::smallint, id, 'FAILED', '{"code": "BLOCKED_BY_POLICY", "message": "no consent"}') from b;
select is(count(*), 1::bigint, 'what a rule of ours refused is told apart') from public.audit_logs join b on resource_id = b.id::text where action = 'BLOCKED_BY_POLICY';
update app.outbound_message set status = 'QUEUED', failed_at = null from b where outbound_message.id = b.id;
select is(count(*), 1::bigint, 'no path can forget: a bare update is audited too') from public.audit_logs join b on resource_id = b.id::text where action = 'UPDATED';

select * from finish();
rollback;
