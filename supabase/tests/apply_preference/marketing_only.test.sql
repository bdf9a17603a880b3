-- Metas own switch.
begin;
select no_plan();

select tests.clock();
create function pg_temp.preference (p_id text, p_value text, p_over jsonb default '{}') returns jsonb language sql as $$
  select tests.ingest((tests.event(p_id, p_kind => 'preference') - 'message') || jsonb_build_object('value', p_value, 'category', 'marketing_messages', 'reason', 'user_preferences.' || p_value) || p_over);
$$;
select is(pg_temp.preference('p1', 'stop') ->> 'raw', '1', 'it is kept raw');
select is(app.consent_of(0::smallint, tests.contact()), '{"all": null, "marketing": "stop"}'::jsonb, 'and counts');
select is(pg_temp.preference('p1', 'stop') ->> 'duplicates', '1', 'once');
select tests.later('1 minute');
select pg_temp.preference('p2', 'signup');
select is(app.consent_of(0::smallint, tests.contact()) ->> 'marketing', 'resume', 'a signup is a yes');
select tests.later('1 minute');
select pg_temp.preference('p3', 'whatever'), pg_temp.preference('p4', 'stop', '{"category": "utility"}');
select is((select count(*) from public.consent_events), 2::bigint, 'what is not known changes nothing');

select * from finish();
rollback;
