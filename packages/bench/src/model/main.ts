// Goes through every state of the lease protocol in the worlds of bounds.ts and says what it found; then takes the guards
// away, one at a time, and prints the shortest way to the harm.
//   node packages/bench/src/model/main.ts [--large]
import { parseArgs } from "node:util";
import { LARGE_WORLDS, MUTANT_WORLD, TEST_WORLDS } from "./bounds.ts";
import { type Exploration, explore } from "./explore.ts";
import { leaseProtocol } from "./lease-protocol.ts";
import { ALL_GUARDS, type Bounds, type Guards } from "./rules.ts";

const { values } = parseArgs({ options: { large: { type: "boolean", default: false } } });
const worlds: Record<string, Bounds> = { ...TEST_WORLDS, ...(values.large ? LARGE_WORLDS : {}) };
let isBroken = false;
for (const [name, bounds] of Object.entries(worlds)) {
  const began = performance.now();
  const found = explore(leaseProtocol({ ...bounds, guards: ALL_GUARDS }), { maxStates: 10_000_000 });
  console.log(`${name}: ${sizeOf(found)}, ${((performance.now() - began) / 1000).toFixed(1)} s`);
  if (printed(found)) isBroken = true;
}
for (const guard of Object.keys(ALL_GUARDS)) {
  const guards: Guards = { ...ALL_GUARDS, [guard]: false };
  const found = explore(leaseProtocol({ ...MUTANT_WORLD, pushesBack: guard === "laneLockedFirst", guards }));
  console.log(`\nwithout ${guard}: ${sizeOf(found)}`);
  if (!printed(found)) isBroken = true;
}
process.exit(isBroken ? 1 : 0);

function sizeOf({ states, steps, depth }: Exploration): string {
  return `${states.toLocaleString("en")} states, ${steps.toLocaleString("en")} steps, depth ${depth}`;
}

function printed({ counterexample }: Exploration): boolean {
  if (counterexample === undefined) console.log("  every promise holds");
  else console.log([`  broken: ${counterexample.promise}`, ...counterexample.trace].join("\n    "));
  return counterexample !== undefined;
}
