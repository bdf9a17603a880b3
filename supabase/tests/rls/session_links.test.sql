-- Owners and admins of a tenant read its session_links in public.session_links; nobody else does, and nobody writes there through the API: first by the grants,
-- then, should somebody grant too much one day, by row level security alone.
begin;
select no_plan();

select tests.two_houses();
select isnt_empty($$ select from public.session_links where tenant_id = tests.house('b') $$, 'there is something to steal');

select tests.sign_in(tests.member('a'));
select isnt_empty($$ select from public.session_links where tenant_id = tests.house('a') $$, 'a member reads its session_links');
select is_empty($$ select from public.session_links where tenant_id = tests.house('b') $$, 'and nothing of another tenant');
select is_empty($$ select from public.session_links where tenant_id is distinct from tests.house('a') $$, 'however it is asked for');
select throws_ok('insert into public.session_links (tenant_id) values (tests.house(''b''))', '42501', null, 'a member inserts nothing');
select throws_ok('update public.session_links set code = ''mine''', '42501', null, 'updates nothing');
select throws_ok('delete from public.session_links', '42501', null, 'deletes nothing');
select throws_ok('truncate public.session_links cascade', '42501', null, 'truncates nothing');

reset role;
update public.tenant_members set role = 'agent' where user_id = tests.member('a');
select tests.sign_in(tests.member('a'));
select is_empty('select from public.session_links', 'a member who is neither owner nor admin sees no code');
reset role;
update public.tenant_members set role = 'admin' where user_id = tests.member('a');
select tests.sign_in(tests.member('a'));
select isnt_empty('select from public.session_links', 'an admin does');

select tests.sign_in(md5('a user without a house')::uuid);
select is_empty('select from public.session_links', 'a user who belongs nowhere reads nothing');
select set_config('request.jwt.claims', '', true);
select is_empty('select from public.session_links', 'nor does a request without a user');
select set_config('request.jwt.claims', jsonb_build_object('role', 'service_role', 'user_metadata', jsonb_build_object('tenant_id', tests.house('b')))::text, true);
select is_empty('select from public.session_links', 'whatever else it claims');

select tests.sign_in(null);
select throws_ok('select from public.session_links', '42501', null, 'a visitor reads nothing');
select throws_ok('delete from public.session_links', '42501', null, 'and deletes nothing');

reset role;
grant select, insert, update, delete on public.session_links to anon, authenticated;
create temp table untouched as select md5(string_agg(t::text, ',' order by t::text)) as rows from public.session_links t;
select tests.sign_in(tests.member('a'));
select throws_ok('insert into public.session_links (tenant_id) values (tests.house(''b''))', '42501', null, 'with a careless grant: still nothing is inserted');
select is_empty('update public.session_links set code = ''mine'' returning 1', 'nothing is updated');
select is_empty('delete from public.session_links returning 1', 'nothing is deleted');
select tests.sign_in(null);
select is_empty('select from public.session_links', 'and a visitor still reads nothing');
reset role;
select is((select md5(string_agg(t::text, ',' order by t::text)) from public.session_links t), (select rows from untouched), 'every row is as it was');

select * from finish();
rollback;
