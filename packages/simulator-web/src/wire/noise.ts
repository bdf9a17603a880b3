// The server's half of the Noise handshake (Noise_XX_25519_AESGCM_SHA256), and the encryption of what follows it.
import { createHash, hkdfSync } from "node:crypto";
import {
  aesDecryptGCM,
  aesEncryptGCM,
  Curve,
  decodeBinaryNode,
  encodeBinaryNode,
  NOISE_MODE,
  NOISE_WA_HEADER,
  proto,
} from "@whiskeysockets/baileys";
import type { NoiseIdentity } from "./chain.ts";
import type { Node } from "./nodes.ts";
import { bytesFrom } from "./protobuf.ts";

const EMPTY = Buffer.alloc(0);

/** What the last step of the handshake tells about the client. */
export type ClientFinish = { readonly noiseKey: Buffer; readonly payload: proto.ClientPayload };

/** One connection's cryptography: `hello`, then `finish`, then `seal` and `open`. */
export class NoiseServer {
  readonly #identity: NoiseIdentity;
  readonly #ephemeral = Curve.generateKeyPair();
  #hash = Buffer.from(NOISE_MODE);
  #salt: Buffer = this.#hash;
  #key: Buffer = this.#hash;
  #counter = 0;
  #receiveKey: Buffer = EMPTY;
  #sendKey: Buffer = EMPTY;
  #received = 0;
  #sent = 0;

  constructor(identity: NoiseIdentity) {
    this.#identity = identity;
    this.#mixHash(NOISE_WA_HEADER);
  }

  /** Answers the client's hello; gives the payload of the frame to send. */
  hello(payload: Buffer): Uint8Array {
    const theirs = bytesFrom(proto.HandshakeMessage.decode(payload).clientHello?.ephemeral, "clientHello.ephemeral");
    this.#mixHash(theirs);
    this.#mixHash(this.#ephemeral.public);
    this.#mixKey(Curve.sharedKey(this.#ephemeral.private, theirs));
    const staticKey = this.#encrypt(this.#identity.staticKey.public);
    this.#mixKey(Curve.sharedKey(this.#identity.staticKey.private, theirs));
    const chain = this.#encrypt(this.#identity.chain);
    return proto.HandshakeMessage.encode({
      serverHello: { ephemeral: this.#ephemeral.public, static: staticKey, payload: chain },
    }).finish();
  }

  /**
   * Reads the client's static key and who it says it is; from here on `seal` and `open` work.
   * @throws when the client does not hold the keys that it claims
   */
  finish(payload: Buffer): ClientFinish {
    const { clientFinish } = proto.HandshakeMessage.decode(payload);
    const noiseKey = this.#decrypt(bytesFrom(clientFinish?.static, "clientFinish.static"));
    this.#mixKey(Curve.sharedKey(this.#ephemeral.private, noiseKey));
    const client = proto.ClientPayload.decode(this.#decrypt(bytesFrom(clientFinish?.payload, "clientFinish.payload")));
    [this.#receiveKey, this.#sendKey] = this.#expand(EMPTY);
    return { noiseKey, payload: client };
  }

  /** Encrypts a stanza; gives the payload of the frame to send. */
  seal(stanza: Node): Uint8Array {
    return aesEncryptGCM(encodeBinaryNode(stanza), this.#sendKey, ivOf(this.#sent++), EMPTY);
  }

  /** Decrypts a frame's payload into a stanza. */
  async open(payload: Buffer): Promise<Node> {
    return decodeBinaryNode(aesDecryptGCM(payload, this.#receiveKey, ivOf(this.#received++), EMPTY));
  }

  #mixHash(data: Uint8Array): void {
    this.#hash = createHash("sha256").update(this.#hash).update(data).digest();
  }

  #mixKey(secret: Uint8Array): void {
    [this.#salt, this.#key] = this.#expand(secret);
    this.#counter = 0;
  }

  #expand(secret: Uint8Array): [Buffer, Buffer] {
    const bytes = Buffer.from(hkdfSync("sha256", secret, this.#salt, EMPTY, 64));
    return [bytes.subarray(0, 32), bytes.subarray(32)];
  }

  #encrypt(plain: Uint8Array): Buffer {
    const sealed = aesEncryptGCM(plain, this.#key, ivOf(this.#counter++), this.#hash);
    this.#mixHash(sealed);
    return sealed;
  }

  #decrypt(sealed: Buffer): Buffer {
    const plain = aesDecryptGCM(sealed, this.#key, ivOf(this.#counter++), this.#hash);
    this.#mixHash(sealed);
    return plain;
  }
}

function ivOf(counter: number): Buffer {
  const iv = Buffer.alloc(12);
  iv.writeUInt32BE(counter, 8);
  return iv;
}
