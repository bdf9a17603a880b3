-- Whatever the hyphen.
begin;
select no_plan();

select tests.clock();
select tests.delivery();
select is((app.find_template(0::smallint, tests.account(), 'hello', 'en-US')).template_id, '77', 'found');
select is((app.find_template(0::smallint, tests.account(), 'hello', 'es')).name, null, 'not in another language');
select is((app.find_template(0::smallint, tests.account('b'), 'hello', 'en_US')).name, null, 'not by another account');

select * from finish();
rollback;
