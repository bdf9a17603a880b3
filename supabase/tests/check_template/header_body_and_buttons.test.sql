-- Every part.
begin;
select no_plan();

select tests.clock();
select tests.delivery(p_templates => jsonb_build_array('{"id": "1", "name": "offer", "language": "es", "category": "MARKETING", "status": "APPROVED", "components": [
  {"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Hola {{1}}"}, {"type": "FOOTER", "text": "x"},
  {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "no"}, {"type": "URL", "text": "ver", "url": "https://x.example/{{1}}"}, {"type": "URL", "text": "fijo", "url": "https://x.example/"}]}]}'::jsonb,
  '{"id": "2", "name": "old", "language": "es", "status": "PAUSED", "components": [{"type": "BODY", "text": "x"}]}'::jsonb));
create function pg_temp.check (variadic p_components jsonb[]) returns text language sql as $$
  select app.check_template(0::smallint, tests.account(), jsonb_build_object('type', 'template', 'name', 'offer', 'language', 'es', 'components', to_jsonb(p_components)));
$$;
create temp table good as select '{"type": "header", "parameters": [{"type": "image", "image": {"id": "1"}}]}'::jsonb as header,
  '{"type": "body", "parameters": [{"type": "text", "text": "Ana"}]}'::jsonb as body, '{"type": "button", "sub_type": "url", "index": 1, "parameters": [{"type": "text", "text": "a"}]}'::jsonb as button;
select is(pg_temp.check(header, body, button), null, 'right') from good;
select is(pg_temp.check(body, button), 'the template "offer" (es) cannot be sent like this: its header needs one parameter of the type image', 'no picture') from good;
select matches(pg_temp.check(jsonb_set(header, '{parameters,0,type}', '"video"'), body, button), 'of the type image', 'a film is none') from good;
select matches(pg_temp.check(header, button), 'its body needs 1 parameters', 'no text') from good;
select matches(pg_temp.check(header, body), 'its button 1 \(url\) needs one parameter', 'no link') from good;
select matches(pg_temp.check(header, body, button, jsonb_set(button, '{index}', '2')), 'its button 2 \(url\) takes no parameter', 'a link that is fixed') from good;
select matches(pg_temp.check(header, body, button, jsonb_set(button, '{index}', '7')), 'it has no button 7', 'no such button') from good;
select is(app.check_template(0::smallint, tests.account(), '{"name": "old", "language": "es"}'), 'the template "old" (es) cannot be sent: it is PAUSED', 'paused');
select is(app.check_template(0::smallint, tests.account(), '{"name": "nope", "language": "es"}'), 'the template "nope" (es) does not exist in this business account; check its name and its language', 'no such template');
select is(app.check_template(0::smallint, tests.account('b'), '{"name": "nope", "language": "es"}'), null, 'who never read a list knows nothing');

select * from finish();
rollback;
