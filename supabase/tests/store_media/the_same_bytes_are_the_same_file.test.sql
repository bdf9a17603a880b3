-- An upload is one file of its tenant, however often it comes.
begin;
select no_plan();

select tests.tenant('a'), tests.tenant('b'), tests.tenant('s1x');
create temp table f as select tests.upload('x') as id;
select is(tests.upload('x'), (select id from f), 'the same bytes give the first file');
select isnt(tests.upload('y'), (select id from f), 'others another');
select isnt(tests.upload('x', 'b'), (select id from f), 'and another tenant has its own');
select isnt(tests.upload('x', 's1x'), (select id from f), 'in another shard too');
select is((select count(*)::integer from public.media where direction = 'out' and account_id is null and message_id is null), 4, 'four files in all');
select is(app.store_media(0::smallint, tests.tenant(), jsonb_build_object('id', gen_random_uuid(), 'sha256', encode(sha256('x'), 'hex'), 'kind', 'document', 'mime_type', 'a/b',
    'size_bytes', 1, 'storage_path', tests.tenant() || '/p')) - 'storage_path',
  jsonb_build_object('id', (select id from f), 'kind', 'image', 'mime_type', 'image/png', 'size_bytes', 5, 'sha256', encode(sha256('x'), 'hex'), 'filename', 'menu.png'),
  'all of the first is given back');
select throws_ok($$ select app.store_media(0::smallint, tests.tenant(), jsonb_build_object('id', gen_random_uuid(), 'sha256', repeat('0', 64), 'kind', 'image', 'mime_type', 'a/b',
    'size_bytes', 1, 'storage_path', tests.tenant('b') || '/p')) $$, '23514', null, 'a path in another tenant''s folder');
select throws_ok($$ select app.store_media(0::smallint, gen_random_uuid(), jsonb_build_object('id', gen_random_uuid(), 'sha256', repeat('0', 64), 'kind', 'image', 'mime_type', 'a/b',
    'size_bytes', 1, 'storage_path', 'x/p')) $$, '23514', null, 'for nobody');

select * from finish();
rollback;
