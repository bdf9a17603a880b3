-- A question in the customer's own words.
begin;
select no_plan();

select app.upsert_knowledge_article(0::smallint, tests.tenant(), 'Opening hours', 'We are open from noon until ten in the evening.'),
       app.upsert_knowledge_article(0::smallint, tests.tenant(), 'Parking', 'There is a car park behind the house, open all night.'),
       app.upsert_knowledge_article(0::smallint, tests.tenant('b'), 'Opening hours', 'Another house.');
select results_eq($$ select title from app.search_knowledge(0::smallint, tests.tenant(), 'When do you open, and until which hour?') $$, $$ values ('Opening hours'), ('Parking') $$, 'the title weighs more than the text; other tenants'' articles are not found');
select results_eq($$ select title, body like 'There%', rank > 0 from app.search_knowledge(0::smallint, tests.tenant(), 'PARKING!!') $$, $$ values ('Parking', true, true) $$, 'words in any form');
select is_empty($$ select * from app.search_knowledge(0::smallint, tests.tenant(), 'the of and') $$, 'stop words find nothing');
select is_empty($$ select * from app.search_knowledge(0::smallint, tests.tenant(), '') $$, 'nor does nothing');
select is_empty($$ select * from app.search_knowledge(0::smallint, tests.tenant(), 'helicopter') $$, 'nor what nobody wrote about');
select is_empty($$ select * from app.search_knowledge(1::smallint, tests.tenant(), 'open') $$, 'in another shard there is nothing');
select is((select count(*)::integer from app.search_knowledge(0::smallint, tests.tenant(), 'open', 1)), 1, 'as many as asked for');

select * from finish();
rollback;
