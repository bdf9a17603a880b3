-- The files of messages: what customers sent and what tenants uploaded to send. The bytes lie in Supabase Storage, in the
-- private bucket `media` under the tenant's folder; a row here says what they are.

create table public.media (
  shard             smallint    not null default 0,
  id                uuid        not null default gen_random_uuid(),
  tenant_id         uuid        not null,
  -- The account that a file came in through; null for an upload, which any account of the tenant may send.
  account_id        uuid,
  -- The message that it came with; null for an upload.
  message_id        uuid,
  direction         text        not null check (direction in ('in', 'out')),
  kind              text        not null check (kind in ('image', 'audio', 'video', 'document', 'sticker')),
  -- What the bytes are, not what somebody said they were.
  mime_type         text        check (length(mime_type) between 3 and 200),
  size_bytes        bigint      check (size_bytes > 0),
  sha256            text        check (sha256 ~ '^[0-9a-f]{64}$'),
  -- Made harmless before it is stored; for people to see, never part of a path.
  filename          text        check (length(filename) between 1 and 240),
  -- `<tenant id>/<yyyy>/<mm>/<media id>.<ext>` in the bucket; null for a file that could not be had.
  storage_path      text,
  -- The provider's id of an incoming file.
  provider_media_id text,
  -- Why it could not be had: {code, message}.
  error             jsonb,
  created_at        timestamptz not null,
  primary key (shard, id),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade,
  foreign key (shard, account_id) references public.whatsapp_accounts (shard, id) on delete cascade,
  foreign key (shard, message_id) references public.messages (shard, id) on delete cascade,
  check ((direction = 'in') = (message_id is not null) and (direction = 'in') = (account_id is not null)),
  check ((storage_path is null) = (error is not null)),
  check (storage_path is null or (mime_type is not null and size_bytes is not null and sha256 is not null
                                  and starts_with(storage_path, tenant_id::text || '/')))
);
comment on table public.media is 'The files of messages, in and out; their bytes lie in the bucket `media`.';
create unique index media_message on public.media (shard, message_id) where message_id is not null;
-- An upload of the same bytes is the same file.
create unique index media_upload on public.media (shard, tenant_id, sha256) where direction = 'out';
create index media_tenant on public.media (shard, tenant_id, created_at);
create index media_account on public.media (shard, account_id) where account_id is not null;

alter table public.media enable row level security;
create policy "members see their media" on public.media
  for select to authenticated using (tenant_id in (select app.member_tenant_ids()));
grant select on public.media to authenticated;
grant select, insert, update, delete on public.media to service_role;

-- What a provider already has of ours. At Meta an upload belongs to a phone number and lives for 30 days.
create table app.media_uploads (
  shard             smallint    not null default 0,
  account_id        uuid        not null,
  sha256            text        not null check (sha256 ~ '^[0-9a-f]{64}$'),
  provider_media_id text        not null,
  uploaded_at       timestamptz not null,
  expires_at        timestamptz not null,
  primary key (shard, account_id, sha256),
  foreign key (shard, account_id) references public.whatsapp_accounts (shard, id) on delete cascade
);
comment on table app.media_uploads is 'Uploads at providers, by the hash of the file: the same bytes are uploaded once.';
alter table app.media_uploads enable row level security;
grant select, insert, update, delete on app.media_uploads to service_role;
