-- Members of a tenant read its templates in public.message_templates; nobody else does, and nobody writes there through the API: first by the grants,
-- then, should somebody grant too much one day, by row level security alone.
begin;
select no_plan();

select tests.two_houses();
select isnt_empty($$ select from public.message_templates where tenant_id = tests.house('b') $$, 'there is something to steal');

select tests.sign_in(tests.member('a'));
select isnt_empty($$ select from public.message_templates where tenant_id = tests.house('a') $$, 'a member reads its templates');
select is_empty($$ select from public.message_templates where tenant_id = tests.house('b') $$, 'and nothing of another tenant');
select is_empty($$ select from public.message_templates where tenant_id is distinct from tests.house('a') $$, 'however it is asked for');
select throws_ok('insert into public.message_templates (tenant_id, business_id, name, language, status, changed_at) values (tests.house(''b''), ''w'', ''n'', ''en'', ''APPROVED'', now())', '42501', null, 'a member inserts nothing');
select throws_ok('update public.message_templates set status = ''REJECTED''', '42501', null, 'updates nothing');
select throws_ok('delete from public.message_templates', '42501', null, 'deletes nothing');
select throws_ok('truncate public.message_templates cascade', '42501', null, 'truncates nothing');

select tests.sign_in(md5('a user without a house')::uuid);
select is_empty('select from public.message_templates', 'a user who belongs nowhere reads nothing');
select set_config('request.jwt.claims', '', true);
select is_empty('select from public.message_templates', 'nor does a request without a user');
select set_config('request.jwt.claims', jsonb_build_object('role', 'service_role', 'user_metadata', jsonb_build_object('tenant_id', tests.house('b')))::text, true);
select is_empty('select from public.message_templates', 'whatever else it claims');

select tests.sign_in(null);
select throws_ok('select from public.message_templates', '42501', null, 'a visitor reads nothing');
select throws_ok('delete from public.message_templates', '42501', null, 'and deletes nothing');

reset role;
grant select, insert, update, delete on public.message_templates to anon, authenticated;
create temp table untouched as select md5(string_agg(t::text, ',' order by t::text)) as rows from public.message_templates t;
select tests.sign_in(tests.member('a'));
select throws_ok('insert into public.message_templates (tenant_id, business_id, name, language, status, changed_at) values (tests.house(''b''), ''w'', ''n'', ''en'', ''APPROVED'', now())', '42501', null, 'with a careless grant: still nothing is inserted');
select is_empty('update public.message_templates set status = ''REJECTED'' returning 1', 'nothing is updated');
select is_empty('delete from public.message_templates returning 1', 'nothing is deleted');
select tests.sign_in(null);
select is_empty('select from public.message_templates', 'and a visitor still reads nothing');
reset role;
select is((select md5(string_agg(t::text, ',' order by t::text)) from public.message_templates t), (select rows from untouched), 'every row is as it was');

select * from finish();
rollback;
