import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { ConfigError, readSettings, settings } from "../../src/env.ts";

describe("readSettings", () => {
  test("gives typed values and defaults; an empty variable counts as not set", () => {
    const source = { RUNNER_PORT: "4031", QUEUE_CONCURRENCY: "", AGENTS_PORTS: "4040, 4041", LLM_API_KEY: "" };
    expect(readSettings(["RUNNER_PORT", "QUEUE_CONCURRENCY", "AGENTS_PORTS", "LLM_API_KEY"], source)).toEqual({
      RUNNER_PORT: 4031,
      QUEUE_CONCURRENCY: 32,
      AGENTS_PORTS: [4040, 4041],
      LLM_API_KEY: undefined,
    });
  });

  test.each(["wss://web.whatsapp.com/ws/chat", "ws://127.0.0.1:4011/ws/chat", "ws://localhost/ws/chat"])(
    "linked devices may connect to %s",
    (WHATSAPP_WEB_URL) => {
      expect(readSettings(["WHATSAPP_WEB_URL"], { WHATSAPP_WEB_URL })).toEqual({ WHATSAPP_WEB_URL });
    },
  );

  test.each(["ws://example.com/ws/chat", "ws://127.0.0.1.example.com/", "https://web.whatsapp.com/"])(
    "but not to %s, where nothing proves who answers",
    (WHATSAPP_WEB_URL) => {
      expect(() => readSettings(["WHATSAPP_WEB_URL"], { WHATSAPP_WEB_URL })).toThrow("must be wss://");
    },
  );

  test("names every setting that is missing or malformed, and what it should be, but no value", () => {
    const source = {
      RUNNER_PORT: "eighty",
      SUPABASE_DB_URL: "mysql://user:hidden@host/db",
      SUPABASE_SECRET_KEYS: "hidden",
      GRAPH_API_VERSION: "hidden",
    };
    const names = [
      "RUNNER_PORT",
      "MASTER_KEYS",
      "SUPABASE_DB_URL",
      "SUPABASE_SECRET_KEYS",
      "GRAPH_API_VERSION",
    ] as const;
    let message = "";
    try {
      readSettings(names, source);
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      message = String(error);
    }
    expect(message).toContain("RUNNER_PORT must be a port");
    expect(message).toContain("MASTER_KEYS is not set");
    expect(message).toContain("SUPABASE_DB_URL must start with postgresql://");
    expect(message).toContain("SUPABASE_SECRET_KEYS must be a JSON object");
    expect(message).toContain("GRAPH_API_VERSION must look like v26.0");
    expect(message).not.toContain("hidden");
  });

  test.each(['{"default":""}', '["key"]', '{"default":1}', "null"])("refuses the keys %s", (text) => {
    expect(() => readSettings(["SUPABASE_SECRET_KEYS"], { SUPABASE_SECRET_KEYS: text })).toThrow(
      "SUPABASE_SECRET_KEYS",
    );
  });

  test.each(["0", "65536", "1.5", "-1", "x"])("refuses the port %s", (text) => {
    expect(() => readSettings(["RUNNER_PORT"], { RUNNER_PORT: text })).toThrow(
      "RUNNER_PORT must be a port, a whole number from 1 to 65535",
    );
  });

  test("says how to write a password with odd characters", () => {
    const source = { SUPABASE_DB_URL: "postgresql://postgres:a/b@[@host/db" };
    expect(() => readSettings(["SUPABASE_DB_URL"], source)).toThrow("%40");
  });

  test("reads addresses without a slash at their end", () => {
    expect(readSettings(["SUPABASE_URL"], { SUPABASE_URL: "http://127.0.0.1:54321/" })).toEqual({
      SUPABASE_URL: "http://127.0.0.1:54321",
    });
  });

  test("reads lists of secrets, and refuses an empty one", () => {
    expect(readSettings(["WHATSAPP_APP_SECRETS"], { WHATSAPP_APP_SECRETS: " a , b,," })).toEqual({
      WHATSAPP_APP_SECRETS: ["a", "b"],
    });
    expect(() => readSettings(["WHATSAPP_APP_SECRETS"], { WHATSAPP_APP_SECRETS: " , " })).toThrow("app secret");
  });
});

const example = path.resolve(import.meta.dirname, "../../../../.env.example");

describe(".env.example", () => {
  test("lists exactly the settings", () => {
    const names = readFileSync(example, "utf8")
      .split("\n")
      .map((line) => /^#?\s?([A-Z][A-Z0-9_]+)=/.exec(line)?.[1])
      .filter((name) => name !== undefined);
    expect([...new Set(names)].sort()).toEqual(Object.keys(settings).sort());
    expect(names).toHaveLength(new Set(names).size);
  });
});
