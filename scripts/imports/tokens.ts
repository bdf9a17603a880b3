// Splits TypeScript into words, strings and marks, without comments: enough to find imports, and quick because it
// understands nothing else.

/** One token; `line` counts from 1. A template is the text of a literal without `${}`, or "" for one that has some. */
export interface Token {
  readonly kind: "word" | "string" | "template" | "mark";
  readonly text: string;
  readonly line: number;
}

/** Words after which a slash begins a regular expression and not a division. */
const BEFORE_REGEX = new Set("return typeof case in of delete void throw new else do await yield".split(" "));
const WORD = /[\p{ID_Start}$_#][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER = /\d[\w.]*/y;

/** The tokens of a source text; a text that is no TypeScript gives some tokens too. */
export function tokensOf(source: string): Token[] {
  return new Scanner(source).all();
}

class Scanner {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  /** Depths of braces at which a template's `${` stands open. */
  readonly #templates: number[] = [];
  #at = 0;
  #line = 1;
  #braces = 0;

  constructor(source: string) {
    this.#source = source;
  }

  all(): Token[] {
    while (this.#at < this.#source.length) this.#step();
    return this.#tokens;
  }

  #step(): void {
    const char = this.#source.charAt(this.#at);
    const two = this.#source.slice(this.#at, this.#at + 2);
    if (char === "\n") this.#line += 1;
    if (/\s/.test(char)) this.#at += 1;
    else if (two === "//") this.#skipTo("\n");
    else if (two === "/*") this.#skipPast("*/");
    else if (char === '"' || char === "'") this.#string(char);
    else if (char === "`") this.#template(this.#at + 1);
    else if (char === "}" && this.#templates.at(-1) === this.#braces) this.#resumeTemplate();
    else if (char === "/" && this.#regexMayBegin()) this.#regex();
    else this.#wordOrMark(char);
  }

  #push(kind: Token["kind"], text: string): void {
    this.#tokens.push({ kind, text, line: this.#line });
  }

  #advance(to: number): void {
    this.#line += this.#source.slice(this.#at, to).split("\n").length - 1;
    this.#at = to;
  }

  #skipTo(end: string): void {
    const found = this.#source.indexOf(end, this.#at);
    this.#advance(found === -1 ? this.#source.length : found);
  }

  #skipPast(end: string): void {
    const found = this.#source.indexOf(end, this.#at + end.length);
    this.#advance(found === -1 ? this.#source.length : found + end.length);
  }

  #string(quote: string): void {
    let end = this.#at + 1;
    while (end < this.#source.length && this.#source[end] !== quote && this.#source[end] !== "\n")
      end += this.#source[end] === "\\" ? 2 : 1;
    this.#push("string", this.#source.slice(this.#at + 1, end));
    this.#advance(end + 1);
  }

  /** Reads a template from here to its end, or to the next `${`, whose inside is read like everything else. */
  #template(from: number): void {
    let end = from;
    while (end < this.#source.length && this.#source[end] !== "`" && this.#source.slice(end, end + 2) !== "${")
      end += this.#source[end] === "\\" ? 2 : 1;
    const closed = this.#source[end] === "`";
    const whole = closed && this.#source[this.#at] === "`";
    this.#push("template", whole ? this.#source.slice(from, end) : "");
    if (!closed) {
      this.#templates.push(this.#braces);
      this.#push("mark", "${");
    }
    this.#advance(closed ? end + 1 : end + 2);
  }

  #resumeTemplate(): void {
    this.#templates.pop();
    this.#push("mark", "}");
    this.#template(this.#at + 1);
  }

  #regexMayBegin(): boolean {
    const last = this.#tokens.at(-1);
    if (last === undefined) return true;
    if (last.kind === "word") return BEFORE_REGEX.has(last.text);
    return last.kind === "mark" && !/^[)\]}]$/.test(last.text);
  }

  #regex(): void {
    let end = this.#at + 1;
    for (let inClass = false; end < this.#source.length && this.#source[end] !== "\n"; end += 1) {
      const char = this.#source[end];
      if (char === "\\") end += 1;
      else if (char === "[") inClass = true;
      else if (char === "]") inClass = false;
      else if (char === "/" && !inClass) break;
    }
    this.#push("string", "");
    this.#advance(end + 1);
  }

  #wordOrMark(char: string): void {
    WORD.lastIndex = this.#at;
    NUMBER.lastIndex = this.#at;
    const text = WORD.exec(this.#source)?.[0] ?? NUMBER.exec(this.#source)?.[0];
    if (text === undefined) {
      if (char === "{") this.#braces += 1;
      if (char === "}") this.#braces -= 1;
      this.#push("mark", char);
    } else this.#push("word", text);
    this.#at += text?.length ?? 1;
  }
}
