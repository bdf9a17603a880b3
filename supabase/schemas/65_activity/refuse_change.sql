-- Refuses to change the audit log, whoever asks, its owner too (42501). Only what its retention has outlived may be deleted:
-- drop_old_history does so with rows that found no partition of their day. Locks: none. Called by: public.audit_logs.
create function app.refuse_change ()
  returns trigger
  language plpgsql
  set search_path = ''
as $$
begin
  if tg_op = 'DELETE' then
    if old.created_at < app.now() - (select r.keep from app.retention r where r.what = 'audit_logs') then
      return old;
    end if;
  end if;
  raise exception sqlstate '42501'
    using message = 'the audit log is only ever added to', hint = 'its age is a row of app.retention: app.set_retention(''audit_logs'', ...)';
end;
$$;

revoke execute on function app.refuse_change from public;
grant execute on function app.refuse_change to service_role;

create trigger refuse_change before update or delete on public.audit_logs for each row execute function app.refuse_change();
create trigger refuse_truncate before truncate on public.audit_logs for each statement execute function app.refuse_change();
