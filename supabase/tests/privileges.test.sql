-- Who may do what, the whole of it. A new table, function or policy that opens more than this list is a defect, or a
-- line here with its reason.
begin;
select no_plan();

-- Functions.
select results_eq(
  $$ select format('%s.%s', n.nspname, p.proname) collate "default", string_agg(coalesce(r.rolname, 'public'), ', ' order by r.rolname) collate "default"
       from pg_proc p
       join pg_namespace n on n.oid = p.pronamespace
       cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
       left join pg_roles r on r.oid = a.grantee
      where n.nspname in ('app', 'public') and a.grantee <> p.proowner
      group by p.oid, n.nspname, p.proname
     having string_agg(coalesce(r.rolname, 'public'), ', ' order by r.rolname) <> 'service_role'
      order by 1 $$,
  $$ values ('app.member_tenant_ids', 'authenticated, service_role'), ('app.user_id', 'authenticated, service_role') $$,
  'whoever is not the service role may execute these functions, and no other');
select is_empty(
  $$ select p.oid::regprocedure from pg_proc p
      where p.pronamespace in ('app'::regnamespace, 'public'::regnamespace) and not has_function_privilege('service_role', p.oid, 'execute') $$,
  'the service role may execute every function');
select is_empty(
  $$ select p.oid::regprocedure from pg_proc p
      where p.pronamespace in ('app'::regnamespace, 'public'::regnamespace) and has_function_privilege('anon', p.oid, 'execute') $$,
  'a visitor may execute none');
select results_eq(
  $$ select p.oid::regprocedure::text from pg_proc p
      where p.pronamespace in ('app'::regnamespace, 'public'::regnamespace) and p.prosecdef order by 1 $$,
  $$ values ('app.drop_old_history(interval,integer)'), ('app.member_tenant_ids()'), ('app.prepare_history(integer)') $$,
  'three functions run with their owner''s rights: the one that every policy asks, and the two that make and drop partitions');
select is_empty(
  $$ select p.oid::regprocedure from pg_proc p
      where p.pronamespace in ('app'::regnamespace, 'public'::regnamespace)
        and not coalesce('search_path=""' = any (p.proconfig), false) $$,
  'every function fixes its search_path to nothing');
select is_empty(
  $$ select p.oid::regprocedure from pg_proc p
      where p.pronamespace = 'public'::regnamespace and p.proname <> all (array['message_trace', 'queue_overview', 'list_lanes', 'get_lane', 'list_dead_letters', 'get_dead_letter',
        'replay_dead_letter', 'replay_dead_letters', 'discard_dead_letter', 'discard_dead_letters', 'pause_queue', 'resume_queue', 'wake_lane']) $$,
  'the API shows these functions: the trace of a message, and the window on the queue');

-- Tables.
create temp view opened as
  select c.oid, format('%s.%s', n.nspname, c.relname) collate "default" as name, coalesce(r.rolname, 'public')::text collate "default" as grantee,
         string_agg(distinct lower(a.privilege_type), ', ' order by lower(a.privilege_type)) as privileges
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    cross join lateral aclexplode(coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's'::"char" else 'r'::"char" end, c.relowner))) a
    left join pg_roles r on r.oid = a.grantee
   where n.nspname in ('app', 'public') and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and a.grantee <> c.relowner
   group by c.oid, n.nspname, c.relname, r.rolname;
select results_eq(
  $$ select name, privileges from opened where grantee = 'authenticated' order by name $$,
  $$ select 'public.' || name, 'select' from unnest(array['audit_logs', 'consent_events', 'contact_identities', 'contacts', 'conversations', 'knowledge_articles', 'media',
       'message_templates', 'messages', 'session_links', 'sessions',
       'tasks', 'tenant_members', 'tenants', 'whatsapp_accounts']) as name $$,
  'a signed-in user may read these tables, and do nothing else anywhere');
select is_empty($$ select * from opened where grantee not in ('authenticated', 'service_role') $$, 'a visitor has nothing, and neither has everybody');
select results_eq(
  $$ select distinct privileges from opened where grantee = 'service_role' order by privileges $$,
  $$ values ('delete, insert, select, update'), ('insert, select'), ('select'), ('usage') $$, 'the service role reads and writes rows; it truncates nothing');
select results_eq(
  $$ select name from opened where grantee = 'service_role' and privileges = 'insert, select' order by name $$,
  $$ values ('public.audit_logs'), ('public.consent_events') $$, 'the audit log and the proof of consent grow; nobody changes them');
select results_eq(
  $$ select name from opened where grantee = 'service_role' and privileges = 'select' order by name $$,
  $$ values ('app.ai_agent_usage'), ('app.device_locks'), ('app.message_queue_health'), ('app.workflow_health') $$, 'the views about health, and about who owns which device, are there to be read');
select is_empty(
  $$ select a.attrelid::regclass, a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
      where c.relnamespace in ('app'::regnamespace, 'public'::regnamespace) and a.attacl is not null $$,
  'there are no grants on single columns');
select is_empty(
  $$ select c.oid::regclass from pg_class c
      where c.relnamespace in ('app'::regnamespace, 'public'::regnamespace) and c.relkind in ('r', 'p') and not c.relrowsecurity $$,
  'every table has row level security');
select is_empty(
  $$ select c.oid::regclass from pg_class c
      where c.relnamespace in ('app'::regnamespace, 'public'::regnamespace) and c.relkind in ('v', 'm', 'f')
        and (c.relkind <> 'v' or not coalesce('security_invoker=true' = any (c.reloptions) or 'security_invoker=on' = any (c.reloptions), false)) $$,
  'a view reads with the rights of whoever asks; there are no materialized views and no foreign tables');

-- Schemas.
select is_empty(
  $$ select r from unnest(array['anon', 'authenticated']) as r where has_schema_privilege(r, 'app', 'usage') or has_schema_privilege(r, 'app', 'create') $$,
  'the engine''s schema is closed to visitors and signed-in users');
select is_empty($$ select r from unnest(array['anon', 'authenticated', 'service_role']) as r where has_schema_privilege(r, 'public', 'create') $$,
  'nobody of the API creates anything in public');

-- Policies.
select results_eq(
  $$ select format('%s.%s', c.relnamespace::regnamespace, c.relname) collate "default", count(*)::integer, bool_and(p.polcmd = 'r' and p.polpermissive and p.polroles = array['authenticated'::regrole::oid])
       from pg_policy p join pg_class c on c.oid = p.polrelid
      where c.relnamespace in ('app'::regnamespace, 'public'::regnamespace) group by c.oid, c.relnamespace, c.relname order by 1 $$,
  $$ select name, 1, true from opened where grantee = 'authenticated' order by name $$,
  'each table that users read has one policy, for reading, for signed-in users; no other table has any');
select is_empty(
  $$ select p.polname from pg_policy p join pg_class c on c.oid = p.polrelid
      where c.relnamespace in ('app'::regnamespace, 'public'::regnamespace)
        and (pg_get_expr(p.polqual, p.polrelid) not like '%( SELECT app.member_tenant_ids() AS member_tenant_ids)%' or p.polwithcheck is not null) $$,
  'each asks for the tenants of the user, once a query; none is always true');
select is_empty(
  $$ select d.defaclobjtype, a.grantee::regrole from pg_default_acl d cross join lateral aclexplode(d.defaclacl) a
      where d.defaclrole = 'postgres'::regrole and d.defaclnamespace = 'public'::regnamespace
        and a.grantee in ('anon'::regrole, 'authenticated'::regrole, 0) $$,
  'nothing new in public is opened by default');

select * from finish();
rollback;
