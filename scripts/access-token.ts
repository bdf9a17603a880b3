// The access token of an account: never an argument, which every process of the machine could read and the shell keeps.
import { text } from "node:stream/consumers";
import { UserError } from "./deployment.ts";

/** A header carries visible ASCII only. */
const TOKEN = /^[\x21-\x7e]+$/;

/**
 * Takes the token from WHATSAPP_ACCESS_TOKEN, or from stdin: piped in, or typed in without being shown.
 * @throws UserError when there is none, or it holds what no token holds
 */
export async function readAccessToken(): Promise<string> {
  const given = process.env.WHATSAPP_ACCESS_TOKEN || (process.stdin.isTTY ? await ask() : await text(process.stdin));
  const token = given.trim();
  if (token === "") throw new UserError("No access token: pipe it into stdin, or set WHATSAPP_ACCESS_TOKEN.");
  if (!TOKEN.test(token))
    throw new UserError("The access token holds a space or another character that no token holds.");
  return token;
}

async function ask(): Promise<string> {
  process.stdout.write("Access token (is not shown): ");
  process.stdin.setRawMode(true).setEncoding("utf8").resume();
  let typed = "";
  try {
    for await (const chunk of process.stdin)
      for (const char of String(chunk)) {
        if (char === "\u0003") throw new UserError("\nStopped; nothing was stored."); // Ctrl-C
        if (char === "\r" || char === "\n" || char === "\u0004") return typed;
        typed = char === "\u007f" ? typed.slice(0, -1) : typed + char;
      }
    return typed;
  } finally {
    process.stdin.setRawMode(false).pause();
    process.stdout.write("\n");
  }
}
