// Finds in a source file what it imports, and where it reads the process's environment.
import { type Token, tokensOf } from "./tokens.ts";

/** One import, export ... from, or import() of a file. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** Only types: gone when the program runs. */
  readonly typeOnly: boolean;
}

/** What was found in a file. */
export interface Findings {
  readonly imports: readonly Import[];
  /** Lines that read process.env, Deno.env or the module `process`. */
  readonly environment: readonly number[];
}

/** Looks through a source text. An import() whose argument is computed cannot be checked and is left out. */
export function findingsOf(source: string): Findings {
  const tokens = tokensOf(source);
  const imports = tokens.flatMap((_, at) => importAt(tokens, at) ?? []);
  const environment = tokens.flatMap((token, at) => (readsEnvironment(tokens, at) ? [token.line] : []));
  const modules = imports.filter(({ specifier }) => /^(node:)?process$/.test(specifier)).map(({ line }) => line);
  return { imports, environment: [...new Set([...environment, ...modules])] };
}

function importAt(tokens: readonly Token[], at: number): Import | undefined {
  const [token, next] = [tokens[at], tokens[at + 1]];
  if (token?.kind !== "word" || next === undefined || isMark(tokens[at - 1], ".")) return undefined;
  if (token.text === "import") {
    if (next.kind === "string") return { specifier: next.text, line: token.line, typeOnly: false };
    if (isMark(next, "(")) return dynamicImport(tokens, at);
    return fromClause(tokens, at);
  }
  const reExports = isMark(next, "{") || isMark(next, "*") || (next.text === "type" && isOpening(tokens[at + 2]));
  return token.text === "export" && reExports ? fromClause(tokens, at) : undefined;
}

function dynamicImport(tokens: readonly Token[], at: number): Import | undefined {
  const [argument, end] = [tokens[at + 2], tokens[at + 3]];
  const literal = argument?.kind === "string" || (argument?.kind === "template" && argument.text !== "");
  if (argument === undefined || !literal || !(isMark(end, ")") || isMark(end, ","))) return undefined;
  return { specifier: argument.text, line: argument.line, typeOnly: false };
}

/** The `from "..."` that belongs to an import or export; there is none when anything else stands between. */
function fromClause(tokens: readonly Token[], at: number): Import | undefined {
  for (let index = at + 1; index < tokens.length; index += 1) {
    const [token, next] = [tokens[index], tokens[index + 1]];
    if (token?.kind === "word" && token.text === "from" && next?.kind === "string")
      return { specifier: next.text, line: tokens[at]?.line ?? 0, typeOnly: tokens[at + 1]?.text === "type" };
    if (token?.kind === "mark" && !/^[{}*,]$/.test(token.text)) return undefined;
    if (token?.kind === "word" && (token.text === "import" || token.text === "export")) return undefined;
  }
  return undefined;
}

function readsEnvironment(tokens: readonly Token[], at: number): boolean {
  const word = tokens[at];
  if (word?.kind !== "word" || (word.text !== "process" && word.text !== "Deno")) return false;
  const dot = isMark(tokens[at + 1], "?") ? at + 2 : at + 1; // process?.env
  return isMark(tokens[dot], ".") && tokens[dot + 1]?.text === "env";
}

function isOpening(token: Token | undefined): boolean {
  return isMark(token, "{") || isMark(token, "*");
}

function isMark(token: Token | undefined, text: string): boolean {
  return token?.kind === "mark" && token.text === text;
}
