-- What a provider would not have any more.
begin;
select no_plan();

select app.keep_media_upload(0::smallint, tests.account(), repeat('a', 64), 'old', '29 days'), app.keep_media_upload(0::smallint, tests.account(), repeat('b', 64), 'other', '29 days');
select app.keep_media_upload(0::smallint, tests.account(), repeat('a', 64), 'new', '29 days');
select ok(not app.forget_media_upload(0::smallint, tests.account(), 'old'), 'somebody has uploaded it anew already');
select ok(app.forget_media_upload(0::smallint, tests.account(), 'new'), 'the present one is forgotten');
select ok(not app.forget_media_upload(0::smallint, tests.account(), 'new'), 'once');
select results_eq('select provider_media_id from app.media_uploads', $$ values ('other') $$, 'and no other');

select * from finish();
rollback;
