// What sessions do at the same time: small scripts whose every order is run. All of them are about one lane.

/** One statement of a transaction. `many`: by the function that completes many lanes at once. `urgent`: with priority and quiet time, so that it writes the ready row too. `at`: seconds on the engine's clock. Leases last 30 seconds and have names. */
export type Statement =
  | { readonly do: "enqueue"; readonly urgent?: boolean }
  | { readonly do: "claim"; readonly as: string; readonly at?: number }
  | {
      readonly do:
        | "complete"
        | "complete head"
        | "complete many"
        | "complete head many"
        | "retry"
        | "bury"
        | "hold"
        | "extend";
      readonly lease: string;
      readonly at?: number;
    };

/** A transaction. Every statement is a step of its session, and so is the end. */
export interface Transaction {
  readonly statements: readonly Statement[];
  readonly end: "commit" | "rollback";
}

/** What is done before, one after the other, and then by sessions at the same time. */
export interface Script {
  readonly name: string;
  readonly before: readonly Statement[];
  readonly sessions: Readonly<Record<string, readonly Transaction[]>>;
}

const enqueue: Statement = { do: "enqueue" };
const push: Statement = { do: "enqueue", urgent: true };
const claim = (as: string, at = 0): Statement => ({ do: "claim", as, at });
const under = (deed: Exclude<Statement["do"], "enqueue" | "claim">, lease: string, at = 0): Statement => {
  return { do: deed, lease, at };
};
const tx = (...statements: Statement[]): Transaction => ({ statements, end: "commit" });
const undone = (...statements: Statement[]): Transaction => ({ statements, end: "rollback" });

/** Every script. What was claimed `before` is leased until second 30. */
export const SCRIPTS: readonly Script[] = [
  {
    name: "enqueue, and the complete that would idle the lane",
    before: [enqueue, claim("a")],
    sessions: { sender: [tx(enqueue)], worker: [tx(under("complete", "a"))] },
  },
  {
    name: "two enqueues, and the complete that would idle the lane",
    before: [enqueue, claim("a")],
    sessions: { sender: [tx(enqueue)], other: [tx(enqueue)], worker: [tx(under("complete", "a"))] },
  },
  {
    name: "an enqueue that is rolled back, another one, and a complete",
    before: [enqueue, claim("a")],
    sessions: { sender: [undone(enqueue)], other: [tx(enqueue)], worker: [tx(under("complete", "a"))] },
  },
  {
    name: "two messages in one transaction, and a complete with the next claim",
    before: [enqueue, claim("a")],
    sessions: { sender: [tx(enqueue, enqueue)], worker: [tx(under("complete", "a")), tx(claim("b"))] },
  },
  {
    name: "the first two enqueues of a lane, and a claim",
    before: [],
    sessions: { sender: [tx(enqueue)], other: [tx(push)], worker: [tx(claim("a"))] },
  },
  {
    name: "two claims",
    before: [enqueue],
    sessions: {
      worker: [tx(claim("a")), tx(under("complete", "a"))],
      other: [tx(claim("b")), tx(under("complete", "b"))],
    },
  },
  {
    name: "a claim after the lease ended, and the complete of the stale owner",
    before: [enqueue, enqueue, claim("a")],
    sessions: {
      stale: [tx(under("complete", "a"))],
      worker: [tx(claim("b", 60)), tx(under("complete head", "b", 61))],
    },
  },
  {
    name: "a claim after the lease ended, the stale owner's complete, and an enqueue",
    before: [enqueue, claim("a")],
    sessions: { stale: [tx(under("complete", "a"))], worker: [tx(claim("b", 60))], sender: [tx(enqueue)] },
  },
  {
    name: "a claim that is rolled back, and the complete of the owner before",
    before: [enqueue, claim("a")],
    sessions: { stale: [tx(under("complete", "a"))], worker: [undone(claim("b", 60))], other: [tx(claim("c", 61))] },
  },
  {
    name: "an extension, and a claim when the lease would have ended",
    before: [enqueue, claim("a")],
    sessions: {
      owner: [tx(under("extend", "a", 50)), tx(under("complete", "a", 55))],
      worker: [tx(claim("b", 60))],
    },
  },
  {
    name: "a retry, an enqueue, and a claim",
    before: [enqueue, claim("a")],
    sessions: { worker: [tx(under("retry", "a"))], sender: [tx(enqueue)], other: [tx(claim("b", 60))] },
  },
  {
    name: "a lane given back, an enqueue that moves its time, and a claim",
    before: [enqueue, claim("a")],
    sessions: { worker: [tx(under("hold", "a"))], sender: [tx(push)], other: [tx(claim("b", 60))] },
  },
  {
    name: "a dead letter, an enqueue, and a claim",
    before: [enqueue, claim("a")],
    sessions: { worker: [tx(under("bury", "a"))], sender: [tx(enqueue)], other: [tx(claim("b", 60))] },
  },
  {
    name: "a part of a burst completed, an enqueue that moves its time, and a claim",
    before: [enqueue, enqueue, claim("a")],
    sessions: { worker: [tx(under("complete head", "a"))], sender: [tx(push)], other: [tx(claim("b", 20))] },
  },
  {
    name: "two enqueues, and the complete of many that would idle the lane",
    before: [enqueue, claim("a")],
    sessions: { sender: [tx(enqueue)], other: [tx(push)], worker: [tx(under("complete many", "a"))] },
  },
  {
    name: "an enqueue that is rolled back, another one, and a complete of many",
    before: [enqueue, claim("a")],
    sessions: { sender: [undone(enqueue)], other: [tx(enqueue)], worker: [tx(under("complete many", "a"))] },
  },
  {
    name: "a claim after the lease ended, the stale owner's complete of many, and an enqueue",
    before: [enqueue, claim("a")],
    sessions: { stale: [tx(under("complete many", "a"))], worker: [tx(claim("b", 60))], sender: [tx(enqueue)] },
  },
  {
    name: "a part of a burst completed by many, an enqueue that moves its time, and a claim",
    before: [enqueue, enqueue, claim("a")],
    sessions: { worker: [tx(under("complete head many", "a"))], sender: [tx(push)], other: [tx(claim("b", 20))] },
  },
  {
    name: "an owner that completes in both ways",
    before: [enqueue, enqueue, claim("a")],
    sessions: { worker: [tx(under("complete head", "a"))], twin: [tx(under("complete many", "a"))] },
  },
  {
    name: "an owner that writes twice",
    before: [enqueue, enqueue, claim("a")],
    sessions: {
      worker: [tx(under("extend", "a"), under("complete head", "a"))],
      twin: [tx(under("complete", "a"))],
    },
  },
];
