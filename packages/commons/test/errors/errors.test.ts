import { expect, test } from "vitest";
import {
  AgentError,
  DatabaseUnavailableError,
  errorToJson,
  InvalidInputError,
  MessageProcessingError,
  ServiceUnavailableError,
  StaleLeaseError,
  WorkflowError,
} from "../../src/errors.ts";

test.each([
  [AgentError, true],
  [ServiceUnavailableError, true],
  [DatabaseUnavailableError, true],
  [StaleLeaseError, false],
  [MessageProcessingError, false],
  [InvalidInputError, false],
] as const)("%o has its own name and reaction", (Class, retryable) => {
  const error = new Class("no", { code: "c", context: { id: 1 } });
  expect(error).toBeInstanceOf(WorkflowError);
  expect(error).toMatchObject({ name: Class.name, retryable, recoverable: retryable, code: "c", context: { id: 1 } });
});

test("an error can say otherwise", () => {
  expect(new AgentError("no", { code: "c", retryable: false })).toMatchObject({ retryable: false, recoverable: false });
  expect(new WorkflowError("no", { code: "c", recoverable: true })).toMatchObject({
    retryable: false,
    recoverable: true,
  });
});

test.each([
  [
    new AgentError("no", { code: "c", context: { id: 1 } }),
    { name: "AgentError", code: "c", message: "no", context: { id: 1 }, retryable: true },
  ],
  [Object.assign(new TypeError("no"), { code: "23505" }), { name: "TypeError", code: "23505", message: "no" }],
  [new Error("no"), { name: "Error", message: "no" }],
  ["no", { name: "Error", message: "no" }],
  [undefined, { name: "Error", message: "undefined" }],
])("errorToJson of %o has no stack", (error, json) => {
  expect(JSON.parse(JSON.stringify(errorToJson(error)))).toEqual(json);
});
