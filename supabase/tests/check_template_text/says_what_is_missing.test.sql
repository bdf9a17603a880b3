-- Counts, names, characters.
begin;
select no_plan();

create function pg_temp.given (variadic p text[]) returns jsonb language sql as $$ select jsonb_agg(jsonb_build_object('type', 'text', 'text', x)) from unnest(p) as x $$;
select is(app.check_template_text('body', 'Hi {{1}}', pg_temp.given('Ana')), null, 'right');
select is(app.check_template_text('body', 'Hi', null), null, 'none needed, none given');
select is(app.check_template_text('body', 'Hi {{1}}', null), 'its body needs 1 parameters ({{1}}) and got 0', 'too few');
select is(app.check_template_text('body', 'Hi', pg_temp.given('Ana')), 'its body needs 0 parameters and got 1', 'too many');
select is(app.check_template_text('body', 'Hi {{first}} {{last}}', '[{"type": "text", "text": "a", "parameter_name": "first"}]'), 'its body needs the parameters last', 'a name is missing');
select is(app.check_template_text('body', 'Hi {{first}}', '[{"type": "text", "text": "a", "parameter_name": "first"}]'), null, 'by name');
select matches(app.check_template_text('body', 'Hi {{1}}', pg_temp.given(w)), 'is empty, or has a line break', 'characters') from unnest(array['', E'a\nb', E'a\tb', 'a     b']) as w;
select matches(app.check_template_text('body', 'Hi {{1}}', '[{"type": "image", "image": {"id": "1"}}]'), 'types text', 'a picture is no text');

select * from finish();
rollback;
