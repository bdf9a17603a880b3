// Every agent of this service. An agent is its file beside this one and its line here.

import type { AgentDefinition } from "../define-agent.ts";
import { concierge } from "./concierge.ts";

/** The agents by name. */
export const agents = {
  concierge,
} as const satisfies Record<string, AgentDefinition>;
