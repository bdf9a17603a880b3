// What each provider shows, without what it takes to speak to it: for whoever only has to know whether a content fits.
import type { Capabilities } from "../capabilities.ts";
import type { ProviderId } from "../events.ts";
import { cloudApiCapabilities } from "./cloud-api/capabilities.ts";

/** The table of each provider of this version. */
export const providerCapabilities = {
  cloud_api: cloudApiCapabilities,
} satisfies Partial<Record<ProviderId, Capabilities>>;

/**
 * What a provider shows.
 * @param id - as it stands in `whatsapp_accounts.provider`
 * @returns undefined for a provider that this version does not have
 */
export function capabilitiesOf(id: string): Capabilities | undefined {
  return new Map<string, Capabilities>(Object.entries(providerCapabilities)).get(id);
}
