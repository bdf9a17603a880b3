-- A conversation without a message, once.
begin;
select no_plan();
select tests.clock();

create temp table c as select app.open_conversation(0::smallint, tests.tenant(), tests.account(), '{"kind": "phone", "value": "15550009"}') as id;
select results_eq('select last_position, last_customer_message_at, last_message_at from public.conversations join c using (id)', $$ values (0::bigint, null::timestamptz, null::timestamptz) $$, 'it is new and empty; no window is open');
select is(app.open_conversation(0::smallint, tests.tenant(), tests.account(), '{"kind": "phone", "value": "15550009"}'), id, 'the second time it is the same') from c;
select tests.ingest(tests.event('in-1', p_phone => '15550009'));
select is((select count(*) from public.conversations), 1::bigint, 'the customer''s answer comes into it');
select isnt(app.open_conversation(0::smallint, tests.tenant(), tests.account('a', '2'), '{"kind": "phone", "value": "15550009"}'), id, 'on another number it is another one') from c;
select lives_ok($$ select app.open_conversation(0::smallint, tests.tenant(), tests.account(), '{"kind": "bsuid", "value": "US.1"}') $$, 'a user id will do');
select throws_ok($$ select app.open_conversation(0::smallint, tests.tenant(), tests.account('b'), '{"kind": "phone", "value": "1"}') $$, 'SB404', null, 'not on another tenant''s number');
select throws_ok($$ select app.open_conversation(0::smallint, tests.tenant(), tests.account(), '{"kind": "username", "value": "ana"}') $$, 'SB400', null, 'a username identifies nobody');
select throws_ok($$ select app.open_conversation(0::smallint, tests.tenant(), tests.account(), '{}') $$, 'SB400', null, 'nor does nothing');

select * from finish();
rollback;
