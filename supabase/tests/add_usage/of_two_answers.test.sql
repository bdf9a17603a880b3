-- What they cost together.
begin;
select no_plan();

select is(app.add_usage('{}', '{"inputTokens": 7}'), '{"inputTokens": 7}', 'nothing before');
select is(app.add_usage('{"inputTokens": 7}', '{}'), '{"inputTokens": 7}', 'nothing after');
select is(app.add_usage('{"inputTokens": 7, "model": "a", "tools": ["x"], "odd": 1}', '{"inputTokens": 2, "outputTokens": 3, "model": "b", "tools": ["y"], "odd": "one"}'),
  '{"inputTokens": 9, "outputTokens": 3, "model": "b", "tools": ["x", "y"], "odd": "one"}', 'numbers are added, lists joined, of the rest the second counts');

select * from finish();
rollback;
