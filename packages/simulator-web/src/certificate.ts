// The self-signed certificate for the media server: Baileys downloads and uploads over https only.
import { randomBytes } from "node:crypto";
import { generate } from "selfsigned";

/** A certificate for localhost and its key, both PEM. */
export type Certificate = { readonly cert: string; readonly key: string };

/** Makes a new one. Clients must trust it: NODE_EXTRA_CA_CERTS, or tls.setDefaultCACertificates in a test. */
export async function createCertificate(): Promise<Certificate> {
  // A name of its own, so that a client that trusts several does not take one for the other.
  const name = `WhatsApp Web simulator ${randomBytes(8).toString("hex")}`;
  const pems = await generate([{ name: "commonName", value: name }], {
    algorithm: "sha256",
    keyType: "ec",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  return { cert: pems.cert, key: pems.private };
}
