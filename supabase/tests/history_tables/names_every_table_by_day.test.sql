-- The list is what the catalog says.
begin;
select no_plan();

select set_eq('select name from app.history_tables()',
  $$ select c.relname::text from pg_class c where c.relnamespace in ('app'::regnamespace, 'public'::regnamespace) and c.relkind = 'p' $$, 'every partitioned table is in it');
select set_eq('select name, day_column from app.history_tables()',
  $$ select p.partrelid::regclass::text, a.attname::text from (
       select x.partrelid, unnest(x.partattrs::smallint[]) as attnum from pg_partitioned_table x) as p
       join pg_attribute a on a.attrelid = p.partrelid and a.attnum = p.attnum $$, 'with the column that says the day') from (select set_config('search_path', 'app, extensions, public', true)) as s;
select is_empty('select name from app.history_tables() except select what from app.retention', 'and has a time for which it is kept');
select is_empty($$ select name from app.history_tables() as h where not exists (select from pg_attribute a
  where a.attrelid = format('%I', h.name)::regclass and a.attname = h.since_column and a.attnotnull) $$, 'and the column that says since when a row is there');

select * from finish();
rollback;
