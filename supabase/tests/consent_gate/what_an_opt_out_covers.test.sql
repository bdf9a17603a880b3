-- Of everything, and of marketing.
begin;
select no_plan();

select tests.clock();
select tests.delivery();
create function pg_temp.gate (p_author text, p_content jsonb default '{"type": "text", "text": "x"}') returns text language plpgsql as $$
declare
  v_id uuid := tests.says(p_author, p_author || md5(p_content::text), p_content);
begin
  return (select app.consent_gate(0::smallint, t, o, p_content, p_author, tests.contact()) ->> 'code' from app.outbound_message o join public.tenants t on t.id = o.tenant_id where o.id = v_id);
end; $$;
select is(pg_temp.gate('agent'), null, 'who said nothing is answered');
select is(pg_temp.gate('system', tests.template_content('a', 'b')), null, 'and gets templates');
select app.record_consent(0::smallint, tests.contact(), 'all', 'stop', 'word', 'k1', app.now());
select is(pg_temp.gate('agent'), 'BLOCKED_BY_POLICY', 'who opted out gets no answer of an agent');
select is(pg_temp.gate('system'), 'BLOCKED_BY_POLICY', 'nothing that the business begins');
select is(pg_temp.gate('person', tests.template_content('a', 'b')), 'BLOCKED_BY_POLICY', 'and no template');
select is(pg_temp.gate('person'), null, 'a person may answer by hand');
update app.outbound_message set purpose = 'consent_confirmation' where idempotency_key like 'system%';
select is(pg_temp.gate('system'), null, 'the confirmation leaves');
update app.outbound_message set purpose = null;
select app.record_consent(0::smallint, tests.contact(), 'all', 'resume', 'word', 'k2', app.now() + interval '1 second');
select is(pg_temp.gate('agent'), null, 'who opted in again is answered again');

select app.record_consent(0::smallint, tests.contact(), 'marketing', 'stop', 'user_preferences', 'k3', app.now());
select is(pg_temp.gate('system', tests.template_content('a', 'b')), null, 'no marketing: other templates come');
select is(pg_temp.gate('agent'), null, 'answers too');
select app.sync_templates(0::smallint, tests.tenant(), 'waba-a', tests.template_list(p_over => '{"category": "MARKETING"}'), app.now());
select is(pg_temp.gate('system', tests.template_content('a', 'b')), 'BLOCKED_BY_POLICY', 'marketing templates do not');
select app.record_consent(0::smallint, tests.contact(), 'marketing', 'resume', 'user_preferences', 'k4', app.now() + interval '1 second');
select is(pg_temp.gate('system', tests.template_content('a', 'b')), null, 'until the switch is back');

select * from finish();
rollback;
