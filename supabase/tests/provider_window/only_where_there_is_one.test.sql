-- Meta has a window, a device has none.
begin;
select no_plan();

select results_eq($$ select p, app.provider_window(p) from unnest(array['cloud_api', 'twilio', 'baileys', 'evolution']) as p $$,
  $$ values ('cloud_api', interval '24 hours'), ('twilio', '24 hours'), ('baileys', null), ('evolution', null) $$, 'by provider');

select * from finish();
rollback;
