-- With Storage: its two tables are made here as the platform has them when there are none. Members read what lies in their
-- tenant's folder of the bucket; nobody writes.
begin;
select no_plan();

select tests.two_houses();
do $$
begin
  if to_regclass('storage.objects') is null then
    create schema storage;
    create table storage.buckets (id text primary key, name text not null unique, public boolean default false, file_size_limit bigint, allowed_mime_types text[]);
    create table storage.objects (id uuid primary key default gen_random_uuid(), bucket_id text references storage.buckets (id), name text, unique (bucket_id, name));
    alter table storage.buckets enable row level security;
    alter table storage.objects enable row level security;
    grant usage on schema storage to anon, authenticated, service_role;
    grant select, insert, update, delete on storage.buckets, storage.objects to anon, authenticated, service_role;
  end if;
end;
$$;
select is(app.prepare_storage(), 'ready', 'it is made');
select is(app.prepare_storage(), 'ready', 'once');
select results_eq($$ select public, file_size_limit from storage.buckets where id = 'media' $$, 'values (false, 104857600::bigint)', 'a private bucket');
select is((select count(*)::integer from pg_policy where polrelid = 'storage.objects'::regclass and polname = 'members read their media'), 1, 'one policy');

insert into storage.buckets (id, name) values ('another', 'another');
insert into storage.objects (bucket_id, name)
select b, f.name from unnest(array['media', 'another']) as b,
  unnest(array[tests.house('a') || '/2026/11/x.png', tests.house('b') || '/2026/11/x.png', 'x.png', '../' || tests.house('a') || '/x.png', upper(tests.house('a')::text) || '0/x.png']) as f (name);

create function pg_temp.seen () returns text[] language sql as $$ select array_agg(bucket_id || ' ' || name) from storage.objects; $$;
select tests.sign_in(tests.member('a'));
select is(pg_temp.seen(), array['media ' || tests.house('a') || '/2026/11/x.png'], 'a member sees the folder of the house, in this bucket');
select throws_ok($$ insert into storage.objects (bucket_id, name) values ('media', tests.house('a') || '/y.png') $$, '42501', null, 'puts nothing there');
select is_empty($$ update storage.objects set name = 'mine' returning 1 $$, 'changes nothing');
select is_empty($$ delete from storage.objects returning 1 $$, 'removes nothing');
select tests.sign_in(md5('a user without a house')::uuid);
select is(pg_temp.seen(), null, 'whoever belongs nowhere sees nothing');
select tests.sign_in(null);
select is(pg_temp.seen(), null, 'nor does a visitor');

select * from finish();
rollback;
