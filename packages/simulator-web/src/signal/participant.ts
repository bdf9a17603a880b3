// A person's phone as far as Signal is concerned: a real identity, real sessions, real sender keys.
import "./libsignal-guard.ts";
import {
  type AuthenticationCreds,
  addTransactionCapability,
  Curve,
  DEFAULT_CONNECTION_CONFIG,
  encodeWAMessage,
  initAuthCreds,
  proto,
  type SignalDataTypeMap,
  type SignalKeyStore,
  type SignalKeyStoreWithTransaction,
  type SignalRepositoryWithLIDStore,
  unpadRandomMax16,
} from "@whiskeysockets/baileys";
import { type Node, node } from "../wire/nodes.ts";
import { bytesFrom } from "../wire/protobuf.ts";
import { type KeyBundle, sessionOf } from "./bundle.ts";
import { silentLogger } from "./silent.ts";

/** Identity, sessions and sender keys of one phone. Its methods must run one after the other: use `serially`. */
export class SignalParticipant {
  readonly creds: AuthenticationCreds = initAuthCreds();
  readonly #store = new Map<string, unknown>();
  readonly #keys: SignalKeyStoreWithTransaction;
  readonly #repository: SignalRepositoryWithLIDStore;
  #nextPreKey = 1;
  #turn: Promise<unknown> = Promise.resolve();

  constructor() {
    const limits = { maxCommitRetries: 1, delayBetweenTriesMs: 1 };
    this.#keys = addTransactionCapability(this.#keyStore(), silentLogger, limits);
    const auth = { creds: this.creds, keys: this.#keys };
    this.#repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, silentLogger, async () => []);
  }

  /** Runs `action` when all that was asked before is done, so that ratchets step in the order of the messages. */
  serially<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(action);
    this.#turn = result.catch(() => undefined); // whoever asked gets the error; the next one must not wait for ever
    return result;
  }

  /** A bundle with a pre-key of its own, for somebody who wants to start a session. */
  bundle(): KeyBundle {
    const id = this.#nextPreKey++;
    const pair = Curve.generateKeyPair();
    this.#store.set(`pre-key|${id}`, pair);
    const { registrationId, signedIdentityKey, signedPreKey } = this.creds;
    return {
      registrationId,
      identity: Buffer.from(signedIdentityKey.public),
      signedPreKey: {
        id: signedPreKey.keyId,
        public: Buffer.from(signedPreKey.keyPair.public),
        signature: Buffer.from(signedPreKey.signature),
      },
      preKey: { id, public: Buffer.from(pair.public) },
    };
  }

  async hasSession(jid: string): Promise<boolean> {
    return (await this.#repository.validateSession(jid)).exists;
  }

  /** Starts a session with the owner of a bundle; an older one is kept for messages that are still on their way. */
  async startSession(jid: string, bundle: KeyBundle): Promise<void> {
    await this.#repository.injectE2ESession({ jid, session: sessionOf(bundle) });
  }

  async forgetSession(jid: string): Promise<void> {
    await this.#repository.deleteSession([jid]);
  }

  /** The <enc> node of a message for one device. */
  async encrypt(jid: string, message: proto.IMessage): Promise<Node> {
    const { type, ciphertext } = await this.#repository.encryptMessage({ jid, data: encodeWAMessage(message) });
    return node("enc", { v: "2", type }, ciphertext);
  }

  /** The <enc> node of a message for a whole group, and what a device must be told before it can read it. */
  async encryptForGroup(group: string, meId: string, message: proto.IMessage): Promise<GroupCiphertext> {
    const data = encodeWAMessage(message);
    const sealed = await this.#repository.encryptGroupMessage({ group, meId, data });
    return {
      enc: node("enc", { v: "2", type: "skmsg" }, sealed.ciphertext),
      distribution: { groupId: group, axolotlSenderKeyDistributionMessage: sealed.senderKeyDistributionMessage },
    };
  }

  /**
   * Throws the own sender key of a group away, so that members who left cannot read on.
   * @param user - digits under which this phone writes to the group
   */
  rotateSenderKey(group: string, user: string): void {
    for (const key of this.#store.keys()) if (key.startsWith(`sender-key|${group}::${user}`)) this.#store.delete(key);
  }

  /**
   * Decrypts one <enc> node.
   * @param from.jid - the device that encrypted it, as sessions name it
   * @param from.author - the same device as the group names it
   * @throws what libsignal throws
   */
  async decrypt(from: Sender, enc: Node): Promise<proto.Message> {
    const ciphertext = bytesFrom(enc.content instanceof Uint8Array ? enc.content : undefined, "the ciphertext");
    const plain = await this.#plaintext(from, enc.attrs.type ?? "", ciphertext);
    const message = proto.Message.decode(unpadRandomMax16(plain));
    const item = message.senderKeyDistributionMessage;
    if (item && from.author !== undefined)
      await this.#repository.processSenderKeyDistributionMessage({ authorJid: from.author, item });
    return message;
  }

  #plaintext({ jid, group, author }: Sender, type: string, ciphertext: Buffer): Promise<Uint8Array> {
    if (type === "skmsg" && group !== undefined && author !== undefined)
      return this.#repository.decryptGroupMessage({ group, authorJid: author, msg: ciphertext });
    if (type === "pkmsg" || type === "msg") return this.#repository.decryptMessage({ jid, type, ciphertext });
    throw new Error(`A ciphertext of the type "${type}" was sent to a single person.`);
  }

  #keyStore(): SignalKeyStore {
    const store = this.#store;
    return {
      get: async <T extends keyof SignalDataTypeMap>(type: T, ids: string[]) => {
        const found: Record<string, SignalDataTypeMap[T]> = {};
        for (const id of ids) {
          const value = store.get(`${type}|${id}`);
          // SAFETY: `set` below is the only writer, and Baileys writes each type's own values.
          if (value !== undefined) found[id] = value as SignalDataTypeMap[T];
        }
        return found;
      },
      set: async (data) => {
        for (const [type, values] of Object.entries(data))
          for (const [id, value] of Object.entries(values ?? {}))
            if (value === null || value === undefined) store.delete(`${type}|${id}`);
            else store.set(`${type}|${id}`, value);
      },
    };
  }
}

/** Who encrypted a message. */
export type Sender = { readonly jid: string; readonly group?: string; readonly author?: string };

/** A group message, encrypted once for all members. */
export type GroupCiphertext = {
  readonly enc: Node;
  readonly distribution: proto.Message.ISenderKeyDistributionMessage;
};
