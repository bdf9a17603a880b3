-- An opt-out and an opt-in stand in every conversation of the person, once, also when it was said as another contact that
-- turned out to be the same person.
begin;
select no_plan();
select tests.clock();

create function pg_temp.words (p_conversation uuid default tests.conversation()) returns table (kind text, detail jsonb) language sql as $$
  select i.item ->> 'kind', i.item -> 'detail'
    from jsonb_array_elements(app.conversation_timeline(0::smallint, tests.tenant(), p_conversation) -> 'items') with ordinality as i (item, n)
   where i.item ->> 'kind' in ('OPT_OUT', 'OPT_IN') order by i.n desc; $$;
select tests.ingest(tests.event('in-1'));
select is_empty('select * from pg_temp.words()', 'who writes has said nothing about it');
select tests.later('1 second');
select tests.ingest(tests.event('in-2', 'STOP'));
select tests.later('1 second');
select tests.ingest(tests.event('in-3', 'START'));
select tests.later('1 second');
select app.record_consent(0::smallint, tests.contact(), 'marketing', 'stop', 'person', 'letter 1', app.now());
select app.record_consent(0::smallint, tests.contact(), 'marketing', 'stop', 'person', 'letter 1', app.now());
select results_eq($$ select kind, detail ->> 'scope', detail ->> 'source' from pg_temp.words() $$,
  $$ values ('OPT_OUT', 'all', 'word'), ('OPT_IN', 'all', 'word'), ('OPT_OUT', 'marketing', 'person') $$, 'each word once');

select tests.ingest(tests.event('in-4', p_phone => '15550002'));
select is_empty($$ select * from pg_temp.words(tests.conversation('15550002')) $$, 'not another person''s');
select tests.later('1 second');
select app.record_consent(0::smallint, (select contact_id from public.conversations where id = tests.conversation('15550002')), 'all', 'stop', 'person', 'letter 2', app.now());
select app.merge_contacts(0::smallint, tests.contact(), array[(select contact_id from public.conversations where id = tests.conversation('15550002'))]);
select is(count(*), 4::bigint, 'but of one who turned out to be the same') from pg_temp.words();

select * from finish();
rollback;
