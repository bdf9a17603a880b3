-- Who is signed in, out of the JWT's claims.
begin;
select no_plan();

select is(app.user_id(), null, 'nobody, outside of a request');
select set_config('request.jwt.claims', '', true);
select is(app.user_id(), null, 'nobody, in a request without a token');
select set_config('request.jwt.claims', '{"role": "anon"}', true);
select is(app.user_id(), null, 'nobody, in a token without a subject');
select set_config('request.jwt.claims', '{"sub": "aaaaaaaa-0000-4000-8000-000000000001"}', true);
select is(app.user_id(), 'aaaaaaaa-0000-4000-8000-000000000001'::uuid, 'the subject of the token');
select set_config('request.jwt.claims', '{"sub": "not a uuid"}', true);
select throws_ok('select app.user_id()', '22P02', null, 'a subject that is no user id is refused, not taken for nobody');

select * from finish();
rollback;
