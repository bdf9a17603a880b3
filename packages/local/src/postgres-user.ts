// Postgres refuses to run as root. Under root it therefore runs as the user `postgres` (or `nobody`), and everything
// that this user has to read lies where it can reach it: a clone below /root needs its data and its programs elsewhere.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";

/** Whom a process runs as, in the form that child_process.spawn takes; empty: as ourselves. */
export type Owner = { readonly uid?: number; readonly gid?: number };

/**
 * The user that Postgres runs as.
 * @returns nothing unless we are root; otherwise `postgres`, or `nobody` where there is no such user
 */
export function postgresOwner(): Owner {
  if (process.getuid?.() !== 0) return {};
  for (const name of ["postgres", "nobody"]) {
    const [uid, gid] = ["-u", "-g"].map((flag) => Number(idOf(flag, name)));
    if (uid && gid) return { uid, gid };
  }
  throw new Error("Postgres does not run as root and this machine has neither a user postgres nor a user nobody.");
}

/**
 * A folder that belongs to the user of Postgres and that it can reach.
 * @param wanted - where it should lie
 * @param owner - the user of Postgres
 * @returns `wanted`, or a folder below /var/lib (or the temporary folder) whose name is made from `wanted`
 */
export function reachableFolder(wanted: string, owner: Owner): string {
  const folder = path.resolve(wanted);
  mkdirSync(path.dirname(folder), { recursive: true });
  if (owner.uid === undefined || owner.gid === undefined) return folder;
  for (const parent of ourParents(folder)) chmodSync(parent, statSync(parent).mode | 0o011);
  const chosen = canEnter(path.dirname(folder), owner) ? folder : path.join(outside(), `data-${digest(folder)}`);
  mkdirSync(chosen, { recursive: true, mode: 0o700 });
  chownSync(chosen, owner.uid, owner.gid);
  return chosen;
}

/**
 * The folder of the Postgres programs, copied to where its user can run them if they lie below a closed folder.
 * @param native - the folder in node_modules
 * @param owner - the user of Postgres
 */
export function reachablePrograms(native: string, owner: Owner): string {
  if (owner.uid === undefined || canEnter(path.join(native, "bin"), owner)) return native;
  const copy = path.join(outside(), `postgres-${digest(native)}`);
  if (existsSync(copy)) return copy;
  const partial = `${copy}.${process.pid}`;
  cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(partial, copy);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
  return copy;
}

/** A folder that everybody may enter, only root may write to, and that outlives a reboot where that is possible. */
function outside(): string {
  for (const parent of ["/var/lib", os.tmpdir()]) {
    const folder = path.join(parent, "switchboard-local");
    try {
      mkdirSync(folder, { recursive: true, mode: 0o711 });
      chmodSync(folder, 0o711);
      return folder;
    } catch {
      // A read-only system: the next one.
    }
  }
  throw new Error(
    "Neither /var/lib nor the temporary folder can be written to; set DATA_DIR to a folder outside /root.",
  );
}

/**
 * The folders above that we may open: the data folder, and temporary folders (mkdtemp makes them 0700). Others may then
 * pass through them, and still see nothing in them. A home folder stays closed.
 */
function ourParents(folder: string): string[] {
  const temporary = realpathSync(os.tmpdir());
  const parents = [path.dirname(folder)];
  for (let parent = path.dirname(folder); parent.startsWith(temporary + path.sep); parent = path.dirname(parent))
    parents.push(parent);
  return parents;
}

function canEnter(folder: string, owner: Owner): boolean {
  return spawnSync("/bin/sh", ["-c", 'cd "$1"', "sh", folder], { ...owner, cwd: "/", stdio: "ignore" }).status === 0;
}

function idOf(flag: string, name: string): string {
  try {
    return execFileSync("id", [flag, name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return "0";
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
