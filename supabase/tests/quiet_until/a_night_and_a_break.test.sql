-- In the tenants time zone.
begin;
select no_plan();

select tests.tenant();
create function pg_temp.quiet (p_settings jsonb, p_at timestamptz) returns timestamptz language plpgsql as $$
begin
  perform tests.delivery(p_settings, null);
  return app.quiet_until(t, p_at) from public.tenants t;
end; $$;
select is(pg_temp.quiet('{}', '2026-11-20 23:00Z'), null, 'without the setting nothing is quiet');
select is(pg_temp.quiet('{"quiet_hours": "[1260,1920)"}', at), until, format('a night: %s', at)) from (values
  ('2026-11-20 20:59:59Z'::timestamptz, null::timestamptz), ('2026-11-20 21:00Z', '2026-11-21 08:00Z'), ('2026-11-21 00:30Z', '2026-11-21 08:00Z'),
  ('2026-11-21 07:59:59Z', '2026-11-21 08:00Z'), ('2026-11-21 08:00Z', null)) as v (at, until);
select is(pg_temp.quiet('{"quiet_hours": "[720,840)"}', at), until, format('a break: %s', at)) from (values
  ('2026-11-20 11:59Z'::timestamptz, null::timestamptz), ('2026-11-20 12:00Z', '2026-11-20 14:00Z'), ('2026-11-20 14:00Z', null)) as v (at, until);
select is(pg_temp.quiet('{"quiet_hours": "[1260,1920)", "quiet_timezone": "America/Sao_Paulo"}', '2026-11-21 01:00Z'), '2026-11-21 11:00Z', 'somewhere else');
select is(pg_temp.quiet('{"quiet_timezone": "Europe/Madrid"}', '2026-10-24 22:00Z'), '2026-10-25 07:00Z', 'the night that is an hour longer');
select is(pg_temp.quiet('{"quiet_timezone": "Europe/Madrid"}', '2026-03-28 22:00Z'), '2026-03-29 06:00Z', 'and the one that is shorter');

select * from finish();
rollback;
