-- Whoever lost the lease writes nothing; what makes no sense is refused.
begin;
select no_plan();

select tests.clock();
create temp table lease as select tests.picture() as token;
alter table lease add id uuid;
update lease set id = (select id from public.messages);
select throws_ok($$ select app.finish_media(0::smallint, id, token + 1, 1, tests.picture_file()) from lease $$, 'SB001', null, 'another lease');
select throws_ok($$ select app.finish_media(0::smallint, gen_random_uuid(), token, 1, tests.picture_file()) from lease $$, 'SB404', null, 'no such message');
select throws_ok($$ select app.finish_media(0::smallint, id, token, 1, tests.picture_file(p_over => '{"storage_path": "elsewhere/x.jpg"}')) from lease $$, '23514', null, 'a path outside of the tenant''s folder');
select throws_ok($$ select app.finish_media(0::smallint, id, token, 1, tests.picture_file(p_over => '{"sha256": "x"}')) from lease $$, '23514', null, 'no hash');
select throws_ok($$ select app.finish_media(0::smallint, id, token, 1, tests.picture_file(p_over => '{"error": {}}')) from lease $$, '23514', null, 'both kept and not to be had');
select is((select media_state from public.messages), 'pending', 'it is as it was');
select is_empty('select from public.media', 'nothing is written down');
select tests.finish_picture();
select throws_ok($$ select app.finish_media(0::smallint, id, token, 1, tests.picture_file()) from lease $$, 'SB001', null, 'nor is it done twice');

select * from finish();
rollback;
