-- What is to be tried again as it is.
begin;
select no_plan();

select ok(bool_and(app.is_server_trouble(s)), 'connections, deadlocks, resources, shutdowns, failovers')
  from unnest(array['08006', '40001', '40P01', '53200', '55P03', '57014', '57P01', '58030', 'F0001', 'XX000', '25006']) as s;
select ok(bool_and(app.is_server_trouble(s)), 'a schema or a grant that is not there (yet): a deployment half way')
  from unnest(array['42P01', '42883', '42703', '42501', '0A000']) as s;
select ok(not bool_or(app.is_server_trouble(s)), 'data that does not fit is not the server''s fault')
  from unnest(array['22P02', '22007', '23502', '23514', '23505', '54000', 'P0002', 'P0003', 'SB400']) as s;

select * from finish();
rollback;
