-- What a person last said: {all: 'stop' | 'resume' | null, marketing: ...}, under whichever of the contacts that turned
-- out to be this one it was said; so merging contacts needs to move nothing. Locks: none.
-- Called by: consent_gate, ingest_message, apply_consent_word, start_turn, complete_turn.
create function app.consent_of (
  p_shard      smallint,
  p_contact_id uuid
)
  returns jsonb
  language sql
  stable
  set search_path = ''
  set enable_seqscan = off
as $$
  with recursive person as (
    select p_contact_id as id
    union
    select c.id from person p join public.contacts c on c.shard = p_shard and c.merged_into = p.id
  )
  select jsonb_object_agg(s.scope, newest.action)
    from unnest(array['all', 'marketing']) as s (scope)
    left join lateral (
      select e.action
        from person p
        cross join lateral (
          select x.action, x.occurred_at, x.recorded_at
            from public.consent_events x
           where x.shard = p_shard and x.contact_id = p.id and x.scope = s.scope
           order by x.occurred_at desc, x.recorded_at desc
           limit 1
        ) as e
       order by e.occurred_at desc, e.recorded_at desc
       limit 1
    ) as newest on true;
$$;

revoke execute on function app.consent_of from public;
grant execute on function app.consent_of to service_role;
