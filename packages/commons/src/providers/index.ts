// The registry of providers. A new provider is one line here and one in capabilities.ts; the compiler checks that its name
// is a ProviderId, and that neither line is missing.
import { InvalidInputError } from "../errors.ts";
import type { providerCapabilities } from "./capabilities.ts";
import type { GraphSettings } from "./cloud-api/graph-request.ts";
import { createCloudApiProvider } from "./cloud-api/provider.ts";
import type { Provider } from "./provider.ts";

/** The settings that providers need, for `readSettings(providerSettings)`. */
export const providerSettings = ["GRAPH_API_URL", "GRAPH_API_VERSION", "GRAPH_PHONE_FORMAT", "MEDIA_HOSTS"] as const;
/** The values of `providerSettings`. */
export type ProviderSettings = Pick<GraphSettings, (typeof providerSettings)[number]>;

const factories = {
  cloud_api: createCloudApiProvider,
} satisfies Record<keyof typeof providerCapabilities, (settings: ProviderSettings) => Provider>;

/**
 * Gives a provider by its name.
 * @param id - as it stands in `whatsapp_accounts.provider`
 * @throws InvalidInputError when this version has no such provider; the message names those it has
 */
export function getProvider(id: string, settings: ProviderSettings): Provider {
  const factory = new Map<string, (settings: ProviderSettings) => Provider>(Object.entries(factories)).get(id);
  if (factory === undefined)
    throw new InvalidInputError(
      `This version has no provider "${id}"; it has: ${Object.keys(factories).join(", ")}. Change the account's provider.`,
      { code: "provider_unknown", context: { provider: id } },
    );
  return factory(settings);
}
