// Runs a platform in a process of its own, so that a test can kill it. Argument: the options of startStack as JSON.
import { startStack } from "../src/stack.ts";

const stack = await startStack(JSON.parse(process.argv[2] ?? "{}"));
process.on("SIGTERM", () => void stack.stop().then(() => process.exit(0)));
console.log("up");
