// A small project of its own for every test file: config.toml, functions, migrations, in a temporary folder.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/** A project in a temporary folder. */
export interface TestProject {
  readonly root: string;
  /** Writes a file, path relative to the project. */
  write(file: string, text: string): void;
  remove(): void;
}

/**
 * Ports from `base` on, in the form that startStack takes. Below 32768: from there on Linux gives ports away as the near
 * ends of connections, and one that has just served as such cannot be listened on for a minute.
 */
export function portsFrom(base: number) {
  return {
    gateway: base,
    postgres: base + 1,
    simulator: base + 2,
    inbox: base + 3,
    runner: base + 4,
    agents: [base + 5, base + 6],
  };
}

/** Deno's cache, which all tests share. */
export const denoDir = path.join(os.tmpdir(), "switchboard-test-deno");

/**
 * Makes a project.
 * @param files - content by path, such as "supabase/functions/hello/index.ts"
 */
export function createProject(files: Readonly<Record<string, string>>): TestProject {
  const root = mkdtempSync(path.join(os.tmpdir(), "switchboard-test-"));
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  };
  for (const [file, text] of Object.entries({ "supabase/config.toml": 'project_id = "test"\n', ...files }))
    write(file, text);
  return { root, write, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** Source of a function that answers with a text. */
export function answering(text: string): string {
  return `export default { fetch: () => new Response(${JSON.stringify(text)}) };\n`;
}

/** A table whose rows only their owner sees, and a broadcast for each new row. */
export const notesMigration = `
create table public.notes (
  id    bigint generated always as identity primary key,
  owner uuid not null default auth.uid(),
  body  text not null
);
alter table public.notes enable row level security;
create policy own_notes on public.notes to authenticated
  using ((select auth.uid()) = owner) with check ((select auth.uid()) = owner);
grant select, insert on public.notes to authenticated;

create table public.hidden (id bigint primary key);

create policy own_topic on realtime.messages for select to authenticated
  using (realtime.topic() = 'user:' || (select auth.uid())::text);

create function public.tell_owner() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  perform realtime.send(jsonb_build_object('id', new.id, 'body', new.body), 'note', 'user:' || new.owner, true);
  return new;
end
$$;
create trigger tell_owner after insert on public.notes for each row execute function public.tell_owner();
`;
