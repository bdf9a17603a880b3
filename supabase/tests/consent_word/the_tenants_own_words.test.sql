-- Stand in place of those of its languages.
begin;
select no_plan();

select tests.delivery('{"opt_out_words": ["enough"], "consent_languages": ["de", "en"]}', null);
create function pg_temp.word (p_text text) returns jsonb language sql as $$ select app.consent_word(t, p_text) from public.tenants t $$;
select is(pg_temp.word('ENOUGH'), '{"action": "stop", "language": "de"}'::jsonb, 'in its first language');
select is(pg_temp.word('stop'), null, 'and no others');
select is(pg_temp.word('start') ->> 'action', 'resume', 'what it does not set stays');

select * from finish();
rollback;
