// Baileys is imported by one file, and that file is loaded by nothing that every deployment runs.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";

const packages = path.resolve(import.meta.dirname, "../../..");
const source = (file: string) => readFileSync(file, "utf8");

/** Files that a file loads when it is loaded itself: imports of types and imports at run time are none. */
function loads(file: string): string[] {
  const statements = source(file).matchAll(
    /^(?:import|export)\s+(?!type\b)[^;]*?from\s+"([^"]+)"|^import\s+"([^"]+)"/gm,
  );
  return [...statements].map(([, from, bare]) => from ?? bare ?? "");
}

describe("Baileys", () => {
  test("is imported by one file of the product, behind the repairs of libsignal", () => {
    const files = readdirSync(packages, { recursive: true, encoding: "utf8" })
      .filter(
        (file) =>
          /^[^/]+\/src\/.*\.ts$/.test(file) && !file.startsWith("simulator-web/") && !file.includes("node_modules"),
      )
      .filter((file) => /from "(@whiskeysockets\/baileys|libsignal)/.test(source(path.join(packages, file))));
    expect(files.sort()).toEqual(["runner/src/baileys/baileys.ts", "runner/src/baileys/libsignal-guard.ts"]);
    expect(loads(path.join(packages, "runner/src/baileys/baileys.ts"))[0]).toBe("./libsignal-guard.ts");
  });

  test("is not loaded by a runner that has no session", () => {
    const seen = new Set<string>();
    const visit = (file: string) => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const each of loads(file)) if (each.startsWith(".")) visit(path.resolve(path.dirname(file), each));
    };
    visit(path.join(packages, "runner/src/main.ts"));
    const names = [...seen].map((file) => path.relative(packages, file));
    expect(names).toContain("runner/src/baileys/fleet.ts");
    expect(names).not.toContain("runner/src/baileys/baileys.ts");
  });
});
