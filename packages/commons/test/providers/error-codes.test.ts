// What Meta's error codes mean for a message of ours.
import { describe, expect, test } from "vitest";
import { graphErrorMeaning } from "../../src/providers/cloud-api/error-codes.ts";

describe("graphErrorMeaning", () => {
  test.each([
    [1, "retry"],
    [4, "slow_app"],
    [80007, "slow_app"],
    [130429, "slow_number"],
    [131056, "slow_pair"],
    [131057, "later"],
    [131049, "later"],
    [133016, "later"],
    [131048, "pause_number"],
    [368, "pause_number"],
    [0, "stop_channel"],
    [200, "stop_channel"],
    [299, "stop_channel"],
    [131042, "stop_channel"],
    [131026, "never"],
    [131050, "never"],
    [131062, "never"],
    [138006, "never"],
    [147003, "never"],
    [131047, "window_closed"],
  ])("of %d is the same whether it comes at once or as a failed status: %s", (code, expected) => {
    expect(graphErrorMeaning(code).class).toBe(expected);
    expect(graphErrorMeaning(code, { httpStatus: 500, transient: true }).class).toBe(expected);
  });

  test("of a code of its own comes before its area", () => {
    expect(graphErrorMeaning(131208).class).toBe("retry");
    expect(graphErrorMeaning(131207).class).toBe("never");
  });

  test.each([
    ["a later failed status", {}, "never"],
    ["a refusal", { httpStatus: 400 }, "never"],
    ["a throttle", { httpStatus: 429 }, "retry"],
    ["a failure", { httpStatus: 500 }, "retry"],
    ["something transient", { httpStatus: 400, transient: true }, "retry"],
  ])("of an unknown code follows how it came: %s", (_, source, expected) => {
    expect(graphErrorMeaning(424242, source).class).toBe(expected);
  });
});
