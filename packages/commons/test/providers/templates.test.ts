// Listing templates, against a server on a real socket.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { getProvider } from "../../src/providers/index.ts";
import { type GraphServer, graphError, json, startGraphServer } from "./graph-server.ts";

const BUSINESS = "200000000000001";
let graph: GraphServer;

beforeAll(async () => {
  graph = await startGraphServer();
});
beforeEach(() => {
  graph.arrived.length = 0;
});
afterAll(() => graph.close());

const list = () => {
  const provider = getProvider("cloud_api", { GRAPH_API_URL: graph.url, GRAPH_API_VERSION: "v26.0" });
  const account = { externalId: "1", credentials: { accessToken: "token" } };
  const request = { account, businessId: BUSINESS, correlationId: "c", signal: new AbortController().signal };
  return provider.listTemplates?.(request);
};

describe("listTemplates", () => {
  test("reads page after page, and follows no address but its own", async () => {
    graph.answer = (response, { path }) => {
      const after = new URL(path, graph.url).searchParams.get("after");
      const pages: Record<string, unknown> = {
        none: { data: [{ name: "a" }], paging: { cursors: { after: "X1" }, next: "http://elsewhere.example/steal" } },
        X1: { data: [{ name: "b" }], paging: { cursors: { after: "X2" }, next: "http://elsewhere.example/steal" } },
        X2: { data: [{ name: "c" }], paging: { cursors: { after: "X3" } } },
      };
      json(200, pages[after ?? "none"])(response);
    };
    expect(await list()).toEqual([{ name: "a" }, { name: "b" }, { name: "c" }]);
    expect(graph.arrived).toHaveLength(3);
    for (const { method, path, headers } of graph.arrived) {
      expect(method).toBe("GET");
      expect(path).toMatch(new RegExp(`^/v26.0/${BUSINESS}/message_templates\\?`));
      expect(headers.authorization).toBe("Bearer token");
    }
  });

  test("takes no part of a list for the whole", async () => {
    graph.answer = (response, { path }) =>
      path.includes("after=")
        ? graphError(500, 2)(response)
        : json(200, { data: [{ name: "a" }], paging: { cursors: { after: "X1" }, next: "more" } })(response);
    await expect(list()).rejects.toMatchObject({ code: "templates_unreadable", retryable: true });
  });

  test.each([
    { name: "a refusal", answer: graphError(401, 190), retryable: false },
    { name: "no list", answer: json(200, { success: true }), retryable: false },
    {
      name: "garbage",
      answer: (response: { end: (text: string) => unknown }) => void response.end("<html>"),
      retryable: true,
    },
  ])("says so when there is $name", async ({ answer, retryable }) => {
    graph.answer = answer;
    await expect(list()).rejects.toMatchObject({ code: "templates_unreadable", retryable });
  });

  test("does not read for ever", async () => {
    graph.answer = json(200, { data: [{ name: "a" }], paging: { cursors: { after: "X" }, next: "more" } });
    await expect(list()).rejects.toMatchObject({ code: "templates_unreadable" });
    expect(graph.arrived).toHaveLength(100);
  });
});
