-- The message templates of a business account, as Meta has them. Only what is approved there may be sent outside the window.

create table public.message_templates (
  shard            smallint    not null default 0,
  tenant_id        uuid        not null,
  -- whatsapp_accounts.business_id: the numbers of one business account share its templates.
  business_id      text        not null,
  name             text        not null check (length(name) between 1 and 512),
  language         text        not null check (length(language) between 1 and 20),
  -- The provider's id of it.
  template_id      text,
  -- MARKETING, UTILITY, AUTHENTICATION.
  category         text,
  -- APPROVED, PENDING, REJECTED, PAUSED, DISABLED ...; only APPROVED can be sent.
  status           text        not null,
  -- GREEN, YELLOW, RED, UNKNOWN.
  quality          text,
  rejected_reason  text,
  -- As Meta lists them: [{type: 'HEADER' | 'BODY' | 'FOOTER' | 'BUTTONS', format, text, buttons}].
  components       jsonb       not null default '[]' check (jsonb_typeof(components) = 'array'),
  -- When it came to be as it is, by the provider's clock where that is known: older news does not undo newer.
  changed_at       timestamptz not null,
  primary key (shard, tenant_id, business_id, name, language),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade
);
comment on table public.message_templates is 'Message templates as the provider has them.';
create index message_templates_id on public.message_templates (shard, tenant_id, business_id, template_id);

-- When the templates of a business account were read, and when they are to be read again.
create table app.template_syncs (
  shard       smallint    not null default 0,
  tenant_id   uuid        not null,
  business_id text        not null,
  synced_at   timestamptz,
  due_at      timestamptz not null,
  primary key (shard, tenant_id, business_id),
  foreign key (shard, tenant_id) references public.tenants (shard, id) on delete cascade
);
comment on table app.template_syncs is 'When the templates of a business account are read again.';

alter table public.message_templates enable row level security;
create policy "members see their templates" on public.message_templates
  for select to authenticated using (tenant_id in (select app.member_tenant_ids()));
grant select on public.message_templates to authenticated;
grant select, insert, update, delete on public.message_templates to service_role;

alter table app.template_syncs enable row level security;
grant select, insert, update, delete on app.template_syncs to service_role;
