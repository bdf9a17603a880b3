-- Whether a customer's text is, as a whole, a word that opts out or in: {action: 'stop' | 'resume', language}; else
-- null. Case, spaces and marks around it do not count; a word within a sentence is no such word. The tenant's own words
-- stand in place of those of its languages; they count as its first language. Called by: ingest_message.
create function app.consent_word (
  p_tenant public.tenants,
  p_text   text
)
  returns jsonb
  language plpgsql
  immutable
  set search_path = ''
as $$
declare
  v_text     text;
  v_language text;
  v_words    jsonb;
begin
  if length(p_text) > 60 then
    return null;
  end if;
  v_text := lower(regexp_replace(btrim(p_text, E' \t\r\n.,;:!?¡¿"''*_~()'), '\s+', ' ', 'g'));
  if v_text = '' then
    return null;
  end if;
  if v_text = any (p_tenant.opt_out_words) then
    return jsonb_build_object('action', 'stop', 'language', p_tenant.consent_languages[1]);
  elsif v_text = any (p_tenant.opt_in_words) then
    return jsonb_build_object('action', 'resume', 'language', p_tenant.consent_languages[1]);
  end if;
  foreach v_language in array p_tenant.consent_languages loop
    v_words := app.consent_defaults(v_language);
    if p_tenant.opt_out_words is null and v_words -> 'stop' ? v_text then
      return jsonb_build_object('action', 'stop', 'language', v_language);
    elsif p_tenant.opt_in_words is null and v_words -> 'resume' ? v_text then
      return jsonb_build_object('action', 'resume', 'language', v_language);
    end if;
  end loop;
  return null;
end;
$$;

revoke execute on function app.consent_word from public;
grant execute on function app.consent_word to service_role;
