// The repair of libsignal that both ends of every test run with.
import { expect, test } from "vitest";
import { SignalParticipant } from "../src/signal/participant.ts";
import { isSigned } from "../src/wire/signatures.ts";

const BOT = "15550000001:1@s.whatsapp.net";
const USER = "15551112222@s.whatsapp.net";

async function pass(from: SignalParticipant, to: SignalParticipant, text: string): Promise<string | null | undefined> {
  const [sender, receiver] = from === bot ? [BOT, USER] : [USER, BOT];
  const enc = await from.encrypt(receiver, { conversation: text });
  return (await to.decrypt({ jid: sender }, enc)).conversation;
}
const bot = new SignalParticipant();
const user = new SignalParticipant();

test("a late message on an old session does not destroy the new one", async () => {
  await bot.startSession(USER, user.bundle());
  for (const text of ["hi", "ok"]) {
    expect(await pass(bot, user, text)).toBe(text);
    expect(await pass(user, bot, text)).toBe(text);
  }
  const late = await user.encrypt(BOT, { conversation: "second line" });
  await bot.startSession(USER, user.bundle()); // what a client does after a restart
  const reply = await bot.encrypt(USER, { conversation: "reply on the new session" });
  expect((await bot.decrypt({ jid: USER }, late)).conversation).toBe("second line");
  expect((await user.decrypt({ jid: BOT }, reply)).conversation).toBe("reply on the new session");
  expect(await pass(user, bot, "answer")).toBe("answer");
  expect(await pass(bot, user, "again")).toBe("again");
});

test("signatures are really checked", () => {
  const { identity, signedPreKey } = bot.bundle();
  const signed = Buffer.concat([Buffer.from([5]), signedPreKey.public]);
  expect(isSigned(identity, signed, signedPreKey.signature)).toBe(true);
  expect(isSigned(user.bundle().identity, signed, signedPreKey.signature)).toBe(false);
  expect(isSigned(identity, Buffer.concat([signed, Buffer.from([0])]), signedPreKey.signature)).toBe(false);
  expect(isSigned(identity, signed, Buffer.alloc(64))).toBe(false);
  expect(isSigned(identity, signed, Buffer.alloc(3))).toBe(false);
});
