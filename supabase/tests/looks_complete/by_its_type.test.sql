-- What a type says before any word.
begin;
select no_plan();

select results_eq(
  $$ select x.type, app.looks_complete(x.type, '') from unnest(array['audio', 'voice', 'location', 'contacts', 'button', 'interactive', 'order', 'unsupported']) as x (type) $$,
  $$ select x.type, true from unnest(array['audio', 'voice', 'location', 'contacts', 'button', 'interactive', 'order', 'unsupported']) as x (type) $$, 'these are whole');
select results_eq(
  $$ select x.type, app.looks_complete(x.type, ''), app.looks_complete(x.type, 'this one'), app.looks_complete(x.type, 'look,')
       from unnest(array['image', 'video', 'document', 'sticker']) as x (type) $$,
  $$ select x.type, false, true, false from unnest(array['image', 'video', 'document', 'sticker']) as x (type) $$,
  'a file without a word, or with one that trails off, is not: people write a line after it');

select * from finish();
rollback;
