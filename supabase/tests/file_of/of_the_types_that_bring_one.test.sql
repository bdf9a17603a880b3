-- Which messages bring a file, and what is said of it.
begin;
select no_plan();

select is(app.file_of('image', '{"id": "777", "mime_type": "image/jpeg", "sha256": "x", "caption": "look"}'),
  '{"kind": "image", "id": "777", "mime_type": "image/jpeg", "sha256": "x"}', 'a picture, with what is known and nothing else');
select is(app.file_of('document', '{"id": "7", "filename": "a.pdf", "url": "https://x"}'), '{"kind": "document", "id": "7", "filename": "a.pdf", "url": "https://x"}', 'a document');
select is(app.file_of('voice', '{"id": "7"}') ->> 'kind', 'audio', 'the old name of a voice note');
select is(array_agg(app.file_of(t, '{"id": "7"}') ->> 'kind' order by t), array['audio', 'sticker', 'video'], 'sounds, films, stickers')
  from unnest(array['audio', 'video', 'sticker']) as t;
select is(app.file_of(t, '{"id": "7"}'), null, 'none: ' || t) from unnest(array['text', 'location', 'contacts', 'order', 'unsupported', 'reaction']) as t;
select is(app.file_of('image', c::jsonb), null, 'nor without an id: ' || c) from unnest(array['{}', '{"id": ""}', '{"id": 7}', '{"id": null}', 'null']) as c;
select is(app.file_of('image', jsonb_build_object('id', repeat('7', 513))), null, 'nor under an endless one');

select * from finish();
rollback;
