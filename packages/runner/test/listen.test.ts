// Hearing from a real Postgres that there is work.
import { connectionConfig } from "@switchboard/commons/db/database.ts";
import { createLogger } from "@switchboard/commons/log.ts";
import pg from "pg";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { listen } from "../src/listen.ts";

const databaseUrl = process.env.TEST_DATABASE_URL || undefined;

/** A listener, and what it heard and logged; closed behind the test. */
function listenerAt(url: string) {
  const heard: string[] = [];
  const lines: string[] = [];
  const onConnect = vi.fn();
  const log = createLogger("test", "debug", (line) => lines.push(line));
  const settings = { SUPABASE_DB_URL: url, DATABASE_ROLE: "" };
  const listener = listen(settings, { log, onQueue: (queue) => heard.push(queue), onConnect });
  onTestFinished(() => listener.close());
  return { listener, heard, lines, onConnect };
}

describe.skipIf(databaseUrl === undefined)(
  `listen${databaseUrl === undefined ? " (skipped: TEST_DATABASE_URL is not set)" : ""}`,
  () => {
    const url = databaseUrl ?? "";

    test("hears, loses its connection, comes back, and hears again", async () => {
      const client = new pg.Client(connectionConfig({ url, role: "", applicationName: "switchboard test" }));
      await client.connect();
      onTestFinished(() => client.end());
      const { listener, heard, onConnect } = listenerAt(url);
      await vi.waitFor(() => expect(listener.connected()).toBe(true), 10_000);
      await client.query("select pg_notify('switchboard_queue', 'test one')");
      await vi.waitFor(() => expect(heard).toContain("test one"), 10_000);

      const others =
        "pid <> pg_backend_pid() and application_name = 'switchboard listener' and datname = current_database()";
      await client.query(`select pg_terminate_backend(pid) from pg_stat_activity where ${others}`);
      await vi.waitFor(() => expect(onConnect).toHaveBeenCalledTimes(2), 10_000);
      await client.query("select pg_notify('switchboard_queue', 'test two')");
      await vi.waitFor(() => expect(heard).toContain("test two"), 10_000);
    });

    test("closed at once, it stays closed", async () => {
      const { listener, onConnect } = listenerAt(url);
      await listener.close();
      expect(listener.connected()).toBe(false);
      expect(onConnect).not.toHaveBeenCalled();
    });
  },
);

describe("listen without Postgres", () => {
  test.each(["postgresql://postgres@127.0.0.1:1/none", "postgresql://["])("goes on trying at %s", async (url) => {
    const { listener, lines } = listenerAt(url);
    await vi.waitFor(() => expect(lines.length).toBeGreaterThan(1), 10_000);
    expect(listener.connected()).toBe(false);
    expect(lines[0]).toContain("polling until it is back");
  });
});
