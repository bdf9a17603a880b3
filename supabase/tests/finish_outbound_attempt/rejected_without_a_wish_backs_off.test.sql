-- Exponential.
begin;
select no_plan();

select tests.clock();
create temp table o as select tests.sending() as id;
select tests.finish_attempt(id, '{"state": "REJECTED", "code": "503", "retry": true}') from o;
select ok((tests.ready(tests.conversation(), 'outbound')).at - app.now() between interval '0.75 seconds' and interval '1.25 seconds', 'about a second after the first refusal');

select * from finish();
rollback;
