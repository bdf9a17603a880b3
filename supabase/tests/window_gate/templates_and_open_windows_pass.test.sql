-- Nothing else does.
begin;
select no_plan();

select tests.clock();
create function pg_temp.gate (p_outbound uuid) returns text language sql as $$
  select app.window_gate(0::smallint, t, o) ->> 'verdict' from app.outbound_message o join public.tenants t on t.id = o.tenant_id where o.id = p_outbound;
$$;
create temp table o as select tests.says('agent') as text, tests.says('agent', 'out-2', tests.template_content('a')) as template;
select is(pg_temp.gate(text), null, 'open') from o;
select tests.later('2 days');
select is(pg_temp.gate(text), 'park', 'closed') from o;
select is(pg_temp.gate(template), null, 'a template needs no window') from o;
select tests.delivery('{"window_template": "hello"}', tests.template_list('{{1}}'));
select is(pg_temp.gate(text), 'replace', 'a template carries the text') from o;

select * from finish();
rollback;
