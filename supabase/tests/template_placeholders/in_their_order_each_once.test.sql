-- Numbers and names.
begin;
select no_plan();

select is(app.template_placeholders('Hi {{1}}, {{ 2 }} and {{1}}'), '{1,2}', 'numbers');
select is(app.template_placeholders('{{last_name}} {{first_name}}'), '{last_name,first_name}', 'names');
select is(app.template_placeholders('none { {1} }'), '{}', 'none');
select is(app.template_placeholders(null), '{}', 'no text');

select * from finish();
rollback;
