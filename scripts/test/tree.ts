// A small project in a temporary folder, removed after the test.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";

/**
 * Writes a project.
 * @param files - content by path; what is no string is written as JSON
 * @returns its folder
 */
export function createTree(files: Readonly<Record<string, unknown>>): string {
  const root = mkdtempSync(path.join(os.tmpdir(), "switchboard-tree-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), typeof content === "string" ? content : JSON.stringify(content, null, 2));
  }
  return root;
}
