-- A conversation is told to its own tenant only.
begin;
select no_plan();
select tests.clock();

select tests.ingest(tests.event('in-1'));
select throws_ok($$ select app.conversation_timeline(0::smallint, tests.tenant('b'), tests.conversation()) $$, 'SB404', null, 'another tenant''s');
select throws_ok($$ select app.conversation_timeline(0::smallint, tests.tenant(), gen_random_uuid()) $$, 'SB404', null, 'one that is not there');

select * from finish();
rollback;
