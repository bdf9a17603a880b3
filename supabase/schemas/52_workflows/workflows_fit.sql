-- Whether the steps of an answer build upon what the workflows of the conversation are: nobody has ended or begun one
-- while the agent worked. p_steps: as for apply_workflow_steps. Locks: the open workflows of the conversation, ascending.
-- Called by: complete_turn.
create function app.workflows_fit (
  p_shard           smallint,
  p_conversation_id uuid,
  p_steps           jsonb
)
  returns boolean
  language plpgsql
  set search_path = ''
  set enable_seqscan = off
as $$
begin
  perform from app.workflow_states
    where shard = p_shard and conversation_id = p_conversation_id and finished_at is null order by id for update;
  return not exists (
    select from (
      select distinct on (s.step ->> 'id') s.step
        from jsonb_array_elements(p_steps) with ordinality as s (step, ordinal)
       order by s.step ->> 'id', s.ordinal) as f
      left join app.workflow_states w on w.shard = p_shard and w.id = (f.step ->> 'id')::uuid
     where (f.step ->> 'version')::integer <> coalesce(w.version, 0) or w.finished_at is not null or w.conversation_id <> p_conversation_id)
    and not exists (
      select from jsonb_array_elements(p_steps) as b (step)
        join app.workflow_states w
          on w.shard = p_shard and w.conversation_id = p_conversation_id and w.finished_at is null and w.workflow = b.step ->> 'name'
       where (b.step ->> 'version')::integer = 0 and not exists (select from jsonb_array_elements(p_steps) as o (step) where o.step ->> 'id' = w.id::text));
end;
$$;

revoke execute on function app.workflows_fit from public;
grant execute on function app.workflows_fit to service_role;
