-- Changes a tenant's settings about what leaves and when. p_settings: any of ai_disclosure, ai_disclosure_per,
-- quiet_hours ('[1260,1920)'), quiet_timezone, quiet_hours_for_replies, free_entry_hours, window_template,
-- window_template_languages, window_template_parameters, window_template_text_max, consent_languages, opt_out_words,
-- opt_in_words, opt_out_confirmation, opt_in_confirmation, marketing_needs_opt_in, send_retry_s; what is not named stays as it is,
-- null takes away what may be without.
-- Idempotent. Raises SB400 for another name or an unknown time zone, SB404 when there is no such tenant, 23xxx and
-- 22xxx for a value that the table refuses. Called by: people.
create function app.configure_delivery (
  p_shard     smallint,
  p_tenant_id uuid,
  p_settings  jsonb
)
  returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_names constant text[] := array['ai_disclosure', 'ai_disclosure_per', 'quiet_hours', 'quiet_timezone', 'quiet_hours_for_replies', 'free_entry_hours',
    'window_template', 'window_template_languages', 'window_template_parameters', 'window_template_text_max', 'consent_languages',
    'opt_out_words', 'opt_in_words', 'opt_out_confirmation', 'opt_in_confirmation', 'marketing_needs_opt_in', 'send_retry_s'];
  v_wrong text := (select min(key) from jsonb_object_keys(p_settings) as key where key <> all (v_names));
  v_tenant public.tenants;
begin
  if v_wrong is not null then
    raise exception sqlstate 'SB400' using message = format('%s is no setting of delivery; there are: %s', v_wrong, array_to_string(v_names, ', '));
  end if;
  if p_settings ? 'quiet_timezone' then
    begin
      perform app.now() at time zone (p_settings ->> 'quiet_timezone');
    exception when invalid_parameter_value then
      raise exception sqlstate 'SB400' using message = format('%s is no time zone; a name such as Europe/Madrid is', p_settings ->> 'quiet_timezone');
    end;
  end if;

  select * into v_tenant from public.tenants where shard = p_shard and id = p_tenant_id for update;
  if not found then
    raise exception sqlstate 'SB404' using message = format('there is no tenant %s in shard %s', p_tenant_id, p_shard);
  end if;
  v_tenant := jsonb_populate_record(v_tenant, p_settings);
  update public.tenants
     set ai_disclosure              = v_tenant.ai_disclosure,
         ai_disclosure_per          = v_tenant.ai_disclosure_per,
         quiet_hours                = v_tenant.quiet_hours,
         quiet_timezone             = v_tenant.quiet_timezone,
         quiet_hours_for_replies    = v_tenant.quiet_hours_for_replies,
         free_entry_hours           = v_tenant.free_entry_hours,
         window_template            = v_tenant.window_template,
         window_template_languages  = v_tenant.window_template_languages,
         window_template_parameters = v_tenant.window_template_parameters,
         window_template_text_max   = v_tenant.window_template_text_max,
         consent_languages          = v_tenant.consent_languages,
         opt_out_words              = v_tenant.opt_out_words,
         opt_in_words               = v_tenant.opt_in_words,
         opt_out_confirmation       = v_tenant.opt_out_confirmation,
         opt_in_confirmation        = v_tenant.opt_in_confirmation,
         marketing_needs_opt_in     = v_tenant.marketing_needs_opt_in,
         send_retry_s               = v_tenant.send_retry_s
   where shard = p_shard and id = p_tenant_id;
end;
$$;

revoke execute on function app.configure_delivery from public;
grant execute on function app.configure_delivery to service_role;
