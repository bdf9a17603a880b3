-- Whatever a customer writes must not be read as a query language.
begin;
select no_plan();

select app.upsert_knowledge_article(0::smallint, tests.tenant(), 'Parking', 'Behind the house.');
select lives_ok(format('select * from app.search_knowledge(0::smallint, tests.tenant(), %L)', q), 'no error for ' || left(q, 20))
  from unnest(array['a & b | !c', ''' or 1=1 --', 'it''s <-> (((', '\ : * %', 'https://example.com/a?b=c&d=e', 'mail@example.com', repeat('long ', 5000), '🚗🅿️', 'a''b & ''c', E'tab\tnew\nline']) q;
select is((select title from app.search_knowledge(0::smallint, tests.tenant(), 'park & ride | (parking)')), 'Parking', 'and words among signs are found');

select * from finish();
rollback;
