-- Articles.
begin;
select no_plan();

select tests.clock();
create temp table k as select app.upsert_knowledge_article(0::smallint, tests.tenant(), 'Wifi', 'Ask us.') as id;
select tests.later('1 hour');
select is(app.upsert_knowledge_article(0::smallint, tests.tenant(), 'Wifi', 'The password is luna.'), (select id from k), 'the same title is the same article');
select results_eq('select body, updated_at from public.knowledge_articles', $$ values ('The password is luna.', app.now()) $$, 'with the new text');
select is((select title from app.search_knowledge(0::smallint, tests.tenant(), 'password')), 'Wifi', 'which is found');
select throws_ok($$ select app.upsert_knowledge_article(0::smallint, tests.tenant(), '', 'x') $$, '23514', null, 'an article has a title');

select * from finish();
rollback;
