// The way of the project's functions to the platform, without an account: the real `supabase functions deploy` uploads
// to a stand-in, and what arrived there is complete enough to be checked and run alone.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { denoArguments, denoEnv } from "../src/functions/deno.ts";
import { EdgeFunctions } from "../src/functions/functions.ts";
import { denoBinary, supabaseCli, supabaseCliEnv } from "../src/tools.ts";
import { type ManagementApi, startManagementApi, type UploadedFunction } from "./management-api.ts";
import { denoDir } from "./project.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const functionsFolder = path.join(root, "supabase/functions");
const names = readdirSync(functionsFolder).filter((name) => existsSync(path.join(functionsFolder, name, "index.ts")));
const folder = mkdtempSync(path.join(os.tmpdir(), "switchboard-deploy-"));
let api: ManagementApi;
let output = "";

beforeAll(async () => {
  api = await startManagementApi(folder);
  const profile = path.join(folder, "profile.yaml");
  writeFileSync(profile, `name: local\napi_url: ${api.url}\ndashboard_url: ${api.url}\nproject_host: localhost\n`);
  const args = ["functions", "deploy", "--use-api", "--yes", "--remote=abcdefghijklmnopqrst", `--profile=${profile}`];
  const env = { ...process.env, ...supabaseCliEnv, SUPABASE_ACCESS_TOKEN: `sbp_${"0".repeat(40)}` };
  const child = spawn(process.execPath, [supabaseCli, ...args, `--workdir=${root}`], { env });
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect(code, output).toBe(0);
}, 60_000);

afterAll(() => {
  api.close();
  rmSync(folder, { recursive: true, force: true });
});

function uploadOf(name: string): UploadedFunction {
  const upload = api.uploads.get(name);
  if (upload === undefined) throw new Error(`${name} was not uploaded:\n${output}`);
  return upload;
}

test("every function is uploaded", () => {
  expect([...api.uploads.keys()].sort()).toEqual(names);
});

describe.each(names)("%s", (name) => {
  const tree = path.join(folder, name);

  test("goes with its import map and checks its callers by itself", () => {
    const upload = uploadOf(name);
    expect(upload.entrypoint_path).toBe(`supabase/functions/${name}/index.ts`);
    expect(upload.import_map_path).toBe("supabase/functions/deno.json");
    expect(upload.verify_jwt).toBe(false);
    expect(upload.files).toContain("supabase/functions/deno.json");
    expect(upload.files).toContain(`supabase/functions/${name}/index.ts`);
  });

  test("takes nothing along that it does not need", () => {
    const strange = /node_modules|(^|\/)tests?\/|\.test\.|_test\.|\.env|\.git|lock/;
    expect(uploadOf(name).files.filter((file) => strange.test(file))).toEqual([]);
    expect(
      uploadOf(name).files.filter((file) => !/^(supabase\/functions|packages\/commons\/src)\//.test(file)),
    ).toEqual([]);
  });

  test("type-checks alone", () => {
    const map = path.join(tree, "supabase/functions/deno.json");
    const args = ["check", "--quiet", ...denoArguments(map), path.join(tree, `supabase/functions/${name}/index.ts`)];
    const checked = spawnSync(denoBinary, args, { env: { ...process.env, ...denoEnv(denoDir) }, encoding: "utf8" });
    expect(checked.stderr).toBe("");
    expect(checked.status).toBe(0);
  }, 60_000);

  test("boots alone", async () => {
    mkdirSync(path.join(tree, "supabase"), { recursive: true });
    writeFileSync(
      path.join(tree, "supabase/config.toml"),
      `[functions.${name}]\nverify_jwt = false\nimport_map = "./functions/deno.json"\n`,
    );
    const lines: string[] = [];
    const functions = new EdgeFunctions({
      root: tree,
      denoDir,
      platformEnv: {
        SUPABASE_URL: "http://127.0.0.1:9",
        SUPABASE_DB_URL: "postgresql://nobody:nothing@127.0.0.1:9/none",
        SUPABASE_PUBLISHABLE_KEYS: '{"default":"sb_publishable_x"}',
        SUPABASE_SECRET_KEYS: '{"default":"sb_secret_x"}',
      },
      secrets: {
        WHATSAPP_APP_SECRETS: "secret",
        WHATSAPP_VERIFY_TOKEN: "token",
        MASTER_KEYS: `k1:${Buffer.alloc(32).toString("base64")}`,
      },
      onLine: (_slug, line) => lines.push(line),
    });
    expect(await functions.prefetch()).toBe("");
    const failures = await functions.warm();
    await functions.close();
    expect([...failures], lines.join("\n")).toEqual([]);
  }, 60_000);
});
