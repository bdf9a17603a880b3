-- In every case, with every mark.
begin;
select no_plan();

select tests.tenant();
create function pg_temp.word (p_text text) returns text language sql as $$ select app.consent_word(t, p_text) ->> 'action' from public.tenants t $$;
select is(pg_temp.word(w), 'stop', w) from unnest(array['STOP', ' stop. ', 'Stop!', '*STOP*', 'Baja', 'sair', 'Dar  de baja', 'cancel']) as w;
select is(pg_temp.word(w), 'resume', w) from unnest(array['START', 'alta', '¡Alta!']) as w;
select is(pg_temp.word(w), null, coalesce(w, 'null')) from unnest(array['please stop', 'stop it', 'do not stop sending', '', '   ', 'stopp', repeat('stop ', 100), null]) as w;
select is((select app.consent_word(t, 'sair') ->> 'language' from public.tenants t), 'pt', 'it says in which language');

select * from finish();
rollback;
