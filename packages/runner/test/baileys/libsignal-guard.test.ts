// The repairs of libsignal, with two real parties: an answer on new ratchets meets a message on the old ones.
import { spawnSync } from "node:child_process";
import path from "node:path";
import {
  addTransactionCapability,
  Curve,
  DEFAULT_CONNECTION_CONFIG,
  generateSignalPubKey,
  initAuthCreds,
  type SocketConfig,
} from "@whiskeysockets/baileys";
import { describe, expect, test } from "vitest";
import "../../src/baileys/libsignal-guard.ts";
import { createLogger } from "@switchboard/commons/log.ts";
import { libraryLog } from "../../src/baileys/library-log.ts";

const logger: SocketConfig["logger"] = libraryLog(createLogger("test", "silent"));

/** Somebody with a Signal identity, keys in memory. */
function party() {
  const rows = new Map<string, unknown>();
  const creds = initAuthCreds();
  const store = {
    get: async (kind: string, ids: string[]) =>
      Object.fromEntries(ids.filter((id) => rows.has(kind + id)).map((id) => [id, rows.get(kind + id)])) as never,
    set: async (data: object) => {
      for (const [kind, values] of Object.entries(data))
        for (const [id, value] of Object.entries(values as object))
          if (value === null) rows.delete(kind + id);
          else rows.set(kind + id, value);
    },
  };
  const keys = addTransactionCapability(store, logger, { maxCommitRetries: 1, delayBetweenTriesMs: 0 });
  const repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository({ creds, keys }, logger, async () => []);
  let preKeys = 0;
  return {
    /** New keys for whoever wants to write to this party. */
    bundle() {
      const key = Curve.generateKeyPair();
      preKeys += 1;
      rows.set(`pre-key${preKeys}`, key);
      const { registrationId, signedIdentityKey, signedPreKey } = creds;
      const { signature } = signedPreKey;
      return {
        registrationId,
        identityKey: generateSignalPubKey(signedIdentityKey.public),
        signedPreKey: { keyId: 1, publicKey: generateSignalPubKey(signedPreKey.keyPair.public), signature },
        preKey: { keyId: preKeys, publicKey: generateSignalPubKey(key.public) },
      };
    },
    learn: (jid: string, session: Parameters<typeof repository.injectE2ESession>[0]["session"]) =>
      repository.injectE2ESession({ jid, session }),
    write: (jid: string, text: string) => repository.encryptMessage({ jid, data: Buffer.from(text) }),
    read: async (jid: string, message: { type: "pkmsg" | "msg"; ciphertext: Uint8Array }) =>
      Buffer.from(await repository.decryptMessage({ jid, ...message })).toString(),
  };
}

describe("libsignal, repaired", () => {
  test("a late message on the old ratchets does not destroy the new ones", async () => {
    const [bot, user] = [party(), party()];
    const [BOT, USER] = ["111@lid", "222@lid"];
    await bot.learn(USER, user.bundle());
    expect(await user.read(BOT, await bot.write(USER, "hi"))).toBe("hi");
    expect(await bot.read(USER, await user.write(BOT, "yo"))).toBe("yo");
    expect(await user.read(BOT, await bot.write(USER, "ok"))).toBe("ok");

    const late = await user.write(BOT, "typed while the bot answered");
    await bot.learn(USER, user.bundle());
    const answer = await bot.write(USER, "on the new ratchets");
    expect(await bot.read(USER, late)).toBe("typed while the bot answered");
    expect(await user.read(BOT, answer)).toBe("on the new ratchets");
    expect(await bot.read(USER, await user.write(BOT, "thanks"))).toBe("thanks");
    expect(await user.read(BOT, await bot.write(USER, "welcome"))).toBe("welcome");
    await expect(bot.read(USER, late)).rejects.toThrow();
  });

  test("prints neither keys nor numbers", () => {
    const guard = path.resolve(import.meta.dirname, "../../src/baileys/libsignal-guard.ts");
    const script = `
      await import(${JSON.stringify(guard)});
      console.info("Closing session:", { _chains: {}, privKey: "secret" });
      console.warn("Session already closed", { _chains: {} });
      console.error("Session error:Error: Bad MAC", "at async 15550001111.0 [as awaitable]");
      console.error("Failed to decrypt message with any known session...");
      console.log("of our own", { said: true });`;
    const run = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    expect(run.stderr).toBe("");
    expect(run.stdout).toBe("of our own { said: true }\n");
  });
});
