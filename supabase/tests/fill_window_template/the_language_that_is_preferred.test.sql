-- And any other rather than none.
begin;
select no_plan();

select tests.clock();
select tests.delivery('{"window_template": "hello", "window_template_languages": ["fr", "es"]}', tests.template_list('{{1}}') || tests.template_list('{{1}}', '{"language": "es"}') || tests.template_list('{{1}}', '{"language": "fr", "status": "REJECTED"}'));
create temp table o as select tests.says('agent') as id;
create function pg_temp.language () returns text language sql as $$
  select app.fill_window_template(0::smallint, t, o) -> 'content' ->> 'language' from app.outbound_message o join public.tenants t on t.id = o.tenant_id;
$$;
select is(pg_temp.language(), 'es', 'the first that is approved');
select tests.delivery('{"window_template_languages": ["de"]}', null);
select is(pg_temp.language(), 'en_US', 'else any');

select * from finish();
rollback;
