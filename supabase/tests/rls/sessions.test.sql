-- Members of a tenant read its sessions in public.sessions; nobody else does, and nobody writes there through the API: first by the grants,
-- then, should somebody grant too much one day, by row level security alone.
begin;
select no_plan();

select tests.two_houses();
select isnt_empty($$ select from public.sessions where tenant_id = tests.house('b') $$, 'there is something to steal');

select tests.sign_in(tests.member('a'));
select isnt_empty($$ select from public.sessions where tenant_id = tests.house('a') $$, 'a member reads its sessions');
select is_empty($$ select from public.sessions where tenant_id = tests.house('b') $$, 'and nothing of another tenant');
select is_empty($$ select from public.sessions where tenant_id is distinct from tests.house('a') $$, 'however it is asked for');
select throws_ok('insert into public.sessions (tenant_id) values (tests.house(''b''))', '42501', null, 'a member inserts nothing');
select throws_ok('update public.sessions set state = ''OPEN''', '42501', null, 'updates nothing');
select throws_ok('delete from public.sessions', '42501', null, 'deletes nothing');
select throws_ok('truncate public.sessions cascade', '42501', null, 'truncates nothing');

select tests.sign_in(md5('a user without a house')::uuid);
select is_empty('select from public.sessions', 'a user who belongs nowhere reads nothing');
select set_config('request.jwt.claims', '', true);
select is_empty('select from public.sessions', 'nor does a request without a user');
select set_config('request.jwt.claims', jsonb_build_object('role', 'service_role', 'user_metadata', jsonb_build_object('tenant_id', tests.house('b')))::text, true);
select is_empty('select from public.sessions', 'whatever else it claims');

select tests.sign_in(null);
select throws_ok('select from public.sessions', '42501', null, 'a visitor reads nothing');
select throws_ok('delete from public.sessions', '42501', null, 'and deletes nothing');

reset role;
grant select, insert, update, delete on public.sessions to anon, authenticated;
create temp table untouched as select md5(string_agg(t::text, ',' order by t::text)) as rows from public.sessions t;
select tests.sign_in(tests.member('a'));
select throws_ok('insert into public.sessions (tenant_id) values (tests.house(''b''))', '42501', null, 'with a careless grant: still nothing is inserted');
select is_empty('update public.sessions set state = ''OPEN'' returning 1', 'nothing is updated');
select is_empty('delete from public.sessions returning 1', 'nothing is deleted');
select tests.sign_in(null);
select is_empty('select from public.sessions', 'and a visitor still reads nothing');
reset role;
select is((select md5(string_agg(t::text, ',' order by t::text)) from public.sessions t), (select rows from untouched), 'every row is as it was');

select * from finish();
rollback;
