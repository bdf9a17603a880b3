-- One row for an account and a file.
begin;
select no_plan();

select tests.clock();
select app.keep_media_upload(0::smallint, tests.account(), repeat('a', 64), '1', '29 days');
select app.keep_media_upload(0::smallint, tests.account(p_no => '2'), repeat('a', 64), '2', '29 days');
select tests.later('1 hour');
select app.keep_media_upload(0::smallint, tests.account(), repeat('a', 64), '3', '29 days');
select results_eq('select provider_media_id, expires_at - app.now() from app.media_uploads order by 1',
  $$ values ('2', interval '28 days 23:00:00'), ('3', interval '29 days') $$, 'each account has its own, the later of two');
select throws_ok($$ select app.keep_media_upload(0::smallint, gen_random_uuid(), repeat('a', 64), '1', '29 days') $$, '23503', null, 'nobody''s');
select throws_ok($$ select app.keep_media_upload(0::smallint, tests.account(), 'x', '1', '29 days') $$, '23514', null, 'no hash');

select * from finish();
rollback;
