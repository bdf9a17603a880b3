-- A file is found for the accounts of its tenant, with its id at the provider while that lasts.
begin;
select no_plan();

select tests.clock();
select tests.tenant('a'), tests.tenant('b'), tests.account('a'), tests.account('b');
create temp table f as select tests.upload('x') as id, encode(sha256('x'), 'hex') as sha256;
create function pg_temp.found (p_slug text default 'a') returns text language sql as $$
  select coalesce(u.provider_media_id, 'not uploaded') from f, app.find_media_upload(0::smallint, tests.account(p_slug), f.id) u where u.sha256 = f.sha256 and u.mime_type = 'image/png'; $$;

select is(pg_temp.found(), 'not uploaded', 'it is there');
select is(pg_temp.found('b'), null, 'for no other tenant');
select is_empty($$ select * from app.find_media_upload(0::smallint, tests.account(), gen_random_uuid()) $$, 'one that is not there is not');
select app.keep_media_upload(0::smallint, tests.account(), sha256, '4711', '29 days') from f;
select is(pg_temp.found(), '4711', 'its id at the provider');
select tests.later('29 days' - interval '61 minutes');
select is(pg_temp.found(), '4711', 'as long as it lasts');
select tests.later('2 minutes');
select is(pg_temp.found(), 'not uploaded', 'but for the last hour');

select tests.picture('i1'), tests.picture('i2', '{"id": "9"}');
select tests.finish_picture('i1');
select tests.finish_picture('i2', '{"kind": "image", "error": {"code": "media_gone"}}');
select is((select count(*)::integer from public.messages m, app.find_media_upload(0::smallint, m.account_id, m.id)), 1, 'what a customer sent can be sent on, when it could be had');

select * from finish();
rollback;
