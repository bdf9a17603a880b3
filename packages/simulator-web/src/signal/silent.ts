// The logger for Baileys' helpers: they would print keys and messages.

type Logger = {
  level: string;
  child(fields: Record<string, unknown>): Logger;
  trace(value: unknown, message?: string): void;
  debug(value: unknown, message?: string): void;
  info(value: unknown, message?: string): void;
  warn(value: unknown, message?: string): void;
  error(value: unknown, message?: string): void;
};

const nothing = () => {};

/** Says nothing. */
export const silentLogger: Logger = {
  level: "silent",
  child: () => silentLogger,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};
