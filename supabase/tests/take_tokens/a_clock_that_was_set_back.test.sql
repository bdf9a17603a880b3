-- Nobody waits for a time that has been.
begin;
select no_plan();

select tests.clock();
select tests.ingest(tests.event('in-1'));
select app.configure_sending(0::smallint, tests.account(), p_send_rate_per_s => 10, p_pair_burst => 2);
create function pg_temp.token () returns jsonb language sql as $$ select app.take_tokens(0::smallint, tests.account(), tests.conversation()); $$;
select is(pg_temp.token(), null, 'a token');
select tests.later('1 second');
select is(pg_temp.token(), null, 'and another one');
select is(pg_temp.token() ->> 'why', 'pair_rate', 'both are gone');
select tests.later('-2 hours');
select ok((pg_temp.token() ->> 'until')::timestamptz <= app.now() + interval '7 seconds', 'the pair waits for one of its own time');
select tests.later('7 seconds');
select ok((pg_temp.token() ->> 'until')::timestamptz <= app.now() + interval '61 seconds', 'and so does the number, for a minute at most');
select tests.later('1 second');
select is(pg_temp.token(), null, 'then it goes on');

select * from finish();
rollback;
