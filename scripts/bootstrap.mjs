// Makes `npm start` and `npm test` work on a machine that has only Node >= 20 and npm: installs the pinned
// dependencies when the lockfile changed (with the pinned pnpm, through npx), then runs the script that was
// asked for on the pinned Node. Plain JavaScript without dependencies, because nothing is installed yet.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
process.chdir(root);

const [major] = process.versions.node.split(".").map(Number);
if (major < 20) {
  console.error(
    `Switchboard needs Node 20 or newer to start; this is ${process.versions.node}. Install it from your package manager.`,
  );
  process.exit(1);
}

const pnpm = JSON.parse(readFileSync("package.json", "utf8")).packageManager;
const stamp = path.join("node_modules", ".bootstrap");
const wanted = fingerprint(["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml"]);
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) install();

const [script, ...rest] = process.argv.slice(2);
const child = spawn(path.join(root, "node_modules/.bin/node"), [script, ...rest], {
  stdio: "inherit",
  env: { ...process.env, PATH: path.join(root, "node_modules/.bin") + path.delimiter + process.env.PATH },
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));

/** A hash of everything that decides what is installed. */
function fingerprint(files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex");
}

function install() {
  const started = Date.now();
  console.log(`Installing dependencies with ${pnpm} (first start only) ...`);
  const result = spawnSync("npx", ["--yes", pnpm, "install", "--frozen-lockfile", "--reporter=append-only"], {
    stdio: "inherit",
    env: { ...process.env, CI: "1" },
  });
  if (result.status !== 0) {
    console.error(
      "The installation failed. Mend what pnpm names above (often: no way to the npm registry) and start again.",
    );
    process.exit(result.status ?? 1);
  }
  mkdirSync("node_modules", { recursive: true });
  writeFileSync(stamp, wanted);
  console.log(`Installed in ${((Date.now() - started) / 1000).toFixed(1)} s.`);
}
