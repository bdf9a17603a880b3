-- Services by name.
begin;
select no_plan();

select app.register_service('agent:x', 'agent', 1000, 2), app.register_service('agent:x', 'agent', 2000, 3);
select results_eq('select name, kind, timeout_ms, max_attempts from app.services', $$ values ('agent:x', 'agent', 2000, 3::smallint) $$, 'one row, the newest word');
select throws_ok($$ select app.register_service('Not a name', 'agent', 1000, 2) $$, '23514', null, 'a name has its form');
select throws_ok($$ select app.register_service('agent:y', 'agent', 0, 2) $$, '23514', null, 'a timeout is more than nothing');

select * from finish();
rollback;
