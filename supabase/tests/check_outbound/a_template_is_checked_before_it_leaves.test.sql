-- What Meta would refuse is refused here, with what is missing.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.says('system', p_content => tests.template_content('Ana')) as id;
select is(tests.verdict(id), null, 'while no templates are known, Meta is to judge') from o;
select tests.delivery();
select is(tests.verdict(id) - 'message', '{"verdict": "refuse", "code": "template_invalid"}', 'a parameter is missing') from o;
select is(tests.verdict(id) ->> 'message', 'the template "hello" (en_US) cannot be sent like this: its body needs 2 parameters ({{1}}, {{2}}) and got 1', 'it says which') from o;

select * from finish();
rollback;
