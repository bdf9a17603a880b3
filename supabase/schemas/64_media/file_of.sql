-- The file that a message of that type brings along, out of the type's own object: {kind, id, mime_type, sha256, filename,
-- url}; null: it brings none. Only a file that its provider names by an id is fetched by us.
-- Called by: ingest_message.
create function app.file_of (
  p_type    text,
  p_content jsonb
)
  returns jsonb
  language sql
  immutable
  set search_path = ''
as $$
  select jsonb_strip_nulls(jsonb_build_object(
           'kind', case p_type when 'voice' then 'audio' else p_type end,
           'id', p_content ->> 'id', 'mime_type', p_content ->> 'mime_type', 'sha256', p_content ->> 'sha256',
           'filename', p_content ->> 'filename', 'url', p_content ->> 'url'))
   where p_type in ('image', 'audio', 'voice', 'video', 'document', 'sticker')
     and jsonb_typeof(p_content -> 'id') = 'string' and length(p_content ->> 'id') between 1 and 512;
$$;

revoke execute on function app.file_of from public;
grant execute on function app.file_of to service_role;
