-- Left as it is.
begin;
select no_plan();

select tests.clock();
select tests.delivery('{"ai_disclosure": "I am an AI."}', null);
create temp table o as select tests.says('agent') as id;
create function pg_temp.disclosed (p_content jsonb) returns boolean language sql as $$
  select app.disclose(0::smallint, t, o, p_content) <> p_content from app.outbound_message o join public.tenants t on t.id = o.tenant_id;
$$;
select ok(not pg_temp.disclosed(tests.template_content('a')), 'a template');
select ok(not pg_temp.disclosed(jsonb_build_object('type', 'text', 'text', repeat('x', 4090))), 'a long text');
select ok(not pg_temp.disclosed(jsonb_build_object('type', 'buttons', 'text', repeat('x', 1020))), 'a long question');
select is_empty('select from app.ai_disclosures', 'and none of them counts');
select ok(pg_temp.disclosed('{"type": "buttons", "text": "Which?"}'), 'a question does');

select * from finish();
rollback;
