-- And the sentences name a word that works.
begin;
select no_plan();

select is_empty($$ select l from unnest(array['en', 'es', 'pt', 'fr', 'de', 'it']) as l, app.consent_defaults(l) as d
  where jsonb_array_length(d -> 'stop') < 3 or jsonb_array_length(d -> 'resume') < 2 or d ->> 'stopped' is null or d ->> 'resumed' is null $$, 'none is empty');
select is_empty($$ select l from unnest(array['en', 'es', 'pt', 'fr', 'de', 'it']) as l, app.consent_defaults(l) as d
  where not exists (select from jsonb_array_elements_text(d -> 'resume') as w where d ->> 'stopped' like '%' || upper(w) || '%')
     or not exists (select from jsonb_array_elements_text(d -> 'stop') as w where d ->> 'resumed' like '%' || upper(w) || '%') $$, 'what is said can be done');
select is(app.consent_defaults('xx'), null, 'an unknown language has none');

select * from finish();
rollback;
