-- On a plain Postgres.
begin;
select no_plan();

select case when to_regclass('storage.objects') is null then is(app.prepare_storage(), 'there is no Storage here', 'it says so, and nothing fails')
            else is(app.prepare_storage(), 'ready', 'there is one here: see members_read_their_folder') end;

select * from finish();
rollback;
