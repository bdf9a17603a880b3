-- With an account that can open it.
begin;
select no_plan();

select tests.clock();
select app.configure_sending(0::smallint, tests.account(p_no => n), 'waba-a') from unnest(array['', '2']) as n;
select is_empty('select * from app.template_syncs_due(0::smallint)', 'without credentials nothing can be read');
select app.set_account_credentials(0::smallint, tests.account(), 'k1', 'secret');
select results_eq('select * from app.template_syncs_due(0::smallint)', $$ values (tests.tenant(), 'waba-a', tests.account()) $$, 'once for both numbers');
select is_empty('select * from app.template_syncs_due(0::smallint)', 'and not again');
select tests.later('10 minutes');
select isnt_empty('select * from app.template_syncs_due(0::smallint)', 'unless it was not read');
select app.sync_templates(0::smallint, tests.tenant(), 'waba-a', '[]', app.now());
select tests.later('5 hours');
select is_empty('select * from app.template_syncs_due(0::smallint)', 'what was read rests');
select tests.later('1 hour');
select isnt_empty('select * from app.template_syncs_due(0::smallint)', 'six hours');

select * from finish();
rollback;
