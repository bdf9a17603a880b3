// A node:http server that speaks the OpenAI chat completions contract, by a script: one step a request.
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What one request gets: an answer, or code that does with the connection what it likes. */
export type Step = object | ((response: ServerResponse, request: IncomingMessage) => void);

/** The parts of a request that tests look at. */
export interface SeenRequest {
  readonly authorization: string | undefined;
  readonly body: {
    readonly model: string;
    readonly messages: readonly { readonly role: string; readonly content: unknown; readonly tool_calls?: unknown }[];
    readonly tools?: readonly { readonly function: { readonly name: string } }[];
    readonly tool_choice?: unknown;
  };
}

/** Starts the server; the last step is used again when the script is over. */
export async function startFakeLlm(...script: readonly Step[]) {
  const requests: SeenRequest[] = [];
  const closed: number[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const number = requests.push({
      authorization: request.headers.authorization,
      body: JSON.parse(Buffer.concat(chunks).toString("utf8")),
    });
    response.on("close", () => {
      if (!response.writableFinished) closed.push(number);
    });
    const step = script[Math.min(number, script.length) - 1] ?? {};
    if (typeof step === "function") return step(response, request);
    response.setHeader("content-type", "application/json").end(JSON.stringify(step));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // SAFETY: a server that listens on a port has an address of this form.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1/`,
    requests,
    /** Numbers of the requests that the client gave up. */
    closed,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** An answer with a text. */
export function says(content: string | null, extra: object = {}): object {
  return completion({ role: "assistant", content, ...extra }, "stop");
}

/** An answer that calls tools. */
export function calls(...wanted: readonly (readonly [name: string, input: object])[]): object {
  const toolCalls = wanted.map(([name, input], index) => ({
    id: `call-${index}`,
    type: "function",
    function: { name, arguments: JSON.stringify(input) },
  }));
  return completion({ role: "assistant", content: null, tool_calls: toolCalls }, "tool_calls");
}

/** A refusal with a status. */
export function refuses(status: number, headers: Record<string, string> = {}): Step {
  return (response) =>
    response
      .writeHead(status, { "content-type": "application/json", ...headers })
      .end('{"error":{"message":"internal secret"}}');
}

function completion(message: object, reason: string): object {
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: "test-model",
    choices: [{ index: 0, message, finish_reason: reason }],
    usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
  };
}
