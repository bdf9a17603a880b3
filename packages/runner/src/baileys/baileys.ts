// The one file that imports Baileys; everything else works on what it hands on. Loaded with the first session that this
// process claims, and never before: a deployment without linked devices does not load it.
import "./libsignal-guard.ts";

export type {
  AuthenticationCreds,
  AuthenticationState,
  BinaryNode,
  SignalDataSet,
  SignalDataTypeMap,
  SignalRepositoryWithLIDStore,
  SocketConfig,
  UserFacingSocketConfig,
  WAMessageKey,
  WASocket,
} from "@whiskeysockets/baileys";
export {
  Browsers,
  BufferJSON,
  DEFAULT_CONNECTION_CONFIG,
  initAuthCreds,
  makeWASocket,
  proto,
} from "@whiskeysockets/baileys";
