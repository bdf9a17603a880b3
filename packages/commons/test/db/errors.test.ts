// How real failures of Postgres come out of the one call.
import { describe, expect, test } from "vitest";
import { callValue, createDatabase, type Database } from "../../src/db/database.ts";
import { mapDatabaseError } from "../../src/db/errors.ts";
import { completeQueueMessages } from "../../src/db/queue.ts";
import { upsertTenant, upsertWhatsappAccount } from "../../src/db/tenancy.ts";
import {
  DatabaseUnavailableError,
  InvalidInputError,
  MessageProcessingError,
  StaleLeaseError,
} from "../../src/errors.ts";
import { awayDatabase } from "../support/away.ts";
import { databaseOptions, describeWithPostgres, openTestDatabase } from "../support/database.ts";
import { createWorld, enqueueOutbound } from "../support/world.ts";

/** What was thrown. */
async function thrownBy(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => "nothing was thrown",
    (error: unknown) => error,
  );
}

/** A pg error as the driver makes it. */
const pgError = (code: string, message = "") => Object.assign(new Error(message), { code });

describe("mapDatabaseError", () => {
  test.each(["08006", "40001", "40P01", "53300", "55P03", "57014", "57P01", "58030", "XX000", "25006", "ECONNRESET"])(
    "%s: try again",
    (code) => {
      const mapped = mapDatabaseError(pgError(code, "said so"), "ingest_events");
      expect(mapped).toBeInstanceOf(DatabaseUnavailableError);
      expect(mapped).toMatchObject({ code, retryable: true, context: { function: "ingest_events" } });
      expect(String(mapped)).toContain("said so");
    },
  );

  test.each([
    "Connection terminated unexpectedly",
    "Connection terminated due to connection timeout",
    "timeout exceeded when trying to connect",
    "Query read timeout",
    "Client has encountered a connection error and is not queryable",
    "Client was closed and is not queryable",
    "Cannot use a pool after calling end on the pool",
  ])("what pg says without a code, %j: try again", (message) => {
    expect(mapDatabaseError(new Error(message), "f")).toMatchObject({
      name: "DatabaseUnavailableError",
      code: "NETWORK",
    });
  });

  test.each(["23505", "22P02", "42501", "42883", "28P01", "3D000", "P0002", ""])("%j passes as it is", (code) => {
    const error = pgError(code, "duplicate key");
    expect(mapDatabaseError(error, "f")).toBe(error);
  });

  test("what is the product's own already, or no error at all, passes as it is", () => {
    const own = new MessageProcessingError("no", { code: "own" });
    expect(mapDatabaseError(own, "f")).toBe(own);
    expect(mapDatabaseError("text", "f")).toBe("text");
  });
});

describe("a server that is away", () => {
  test("is a DatabaseUnavailableError, retryable", async () => {
    const db = awayDatabase();
    const error = await thrownBy(callValue(db, "runner_is_alive", {}));
    expect(error).toBeInstanceOf(DatabaseUnavailableError);
    expect(error).toMatchObject({ code: "ECONNREFUSED", retryable: true, context: { function: "runner_is_alive" } });
    await db.end();
  });

  test("so is a pool that was closed", async () => {
    const db = awayDatabase();
    await db.end();
    expect(await thrownBy(callValue(db, "runner_is_alive", {}))).toBeInstanceOf(DatabaseUnavailableError);
  });

  test("an address that is none is a bug, not a server that is away", async () => {
    const db = createDatabase({ url: "postgresql://[", role: "", size: 1, applicationName: "t" });
    const error = await thrownBy(callValue(db, "runner_is_alive", {}));
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(DatabaseUnavailableError);
  });
});

describeWithPostgres("errors of a real Postgres", () => {
  const db = openTestDatabase();

  test("SB001 is a StaleLeaseError", async () => {
    const { shard, tenantId } = await createWorld(db);
    const lane = {
      shard,
      queue: "inbound",
      laneId: crypto.randomUUID(),
      token: 1,
      tries: 1,
      leaseSeconds: 30,
      since: null,
      tenantId,
      messages: [],
    } as const;
    const error = await thrownBy(completeQueueMessages(db, lane, 1));
    expect(error).toBeInstanceOf(StaleLeaseError);
    expect(error).toMatchObject({ code: "SB001", retryable: false });
  });

  test("SB409 is an InvalidInputError that says how to mend it", async () => {
    const { shard, externalId } = await createWorld(db);
    const other = await upsertTenant(db, shard, `other-${externalId}`, "Other");
    const account = { provider: "cloud_api", externalId, displayPhone: "", name: "Taken", agent: "agent:a" };
    const error = await thrownBy(upsertWhatsappAccount(db, shard, other, account));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error).toMatchObject({ code: "SB409", message: expect.stringContaining("remove it there first") });
  });

  test("so is an idempotency key that was used for another message", async () => {
    const world = await createWorld(db);
    await world.receives("Hi");
    await enqueueOutbound(world, { type: "text", text: "One" }, "same-key");
    const error = await thrownBy(enqueueOutbound(world, { type: "text", text: "Two" }, "same-key"));
    expect(error).toMatchObject({ name: "InvalidInputError", code: "SB409" });
  });

  test("a unique violation passes as pg threw it", async () => {
    const { shard, tenantId } = await createWorld(db);
    const insert = "insert into public.tenants (shard, id, slug, name) values ($1, $2, 'twice', 'Twice')";
    const twice: Database = { query: () => db.query(insert, [shard, tenantId]) };
    const error = await thrownBy(callValue(twice, "runner_is_alive", {}));
    expect(error).not.toBeInstanceOf(DatabaseUnavailableError);
    expect(error).toMatchObject({ code: "23505" });
  });

  test("a statement that Postgres cancelled is to be tried again", async () => {
    const slow: Database = { query: () => limited.query("set statement_timeout = 50; select pg_sleep(60)", []) };
    const limited = createDatabase(databaseOptions(1));
    const error = await thrownBy(callValue(slow, "runner_is_alive", {}));
    expect(error).toMatchObject({ name: "DatabaseUnavailableError", code: "57014", retryable: true });
    await limited.end();
  });

  test("so is a connection that was cut, and the pool goes on with a new one", async () => {
    // As the login: the service role may not end connections.
    const own = createDatabase({ ...databaseOptions(1), role: "" });
    const cut: Database = { query: () => own.query("select pg_terminate_backend(pg_backend_pid())", []) };
    expect(await thrownBy(callValue(cut, "runner_is_alive", {}))).toMatchObject({ name: "DatabaseUnavailableError" });
    expect(await callValue(own, "runner_is_alive", {})).toBeTypeOf("boolean");
    await own.end();
  });
});
