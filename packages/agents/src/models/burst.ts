// Reads what a customer wrote in one burst: the courtesies, the wish for a person, what cannot be read, and the
// questions that are left. Courtesies and wishes are recognised in every language, whatever the rest is written in.

import type { AgentTurn } from "@switchboard/commons/agent-contract.ts";
import type { Json } from "@switchboard/commons/json.ts";
import { detectLanguage, fallback, languages } from "./languages/index.ts";
import type { Language, MediaKind } from "./languages/language.ts";
import { findPhrase, normalise, without, words } from "./text.ts";

/** Id of the quick-reply button that asks for a person. */
export const PERSON_BUTTON_ID = "request_person";

/** A sentence that may need the knowledge base. */
export interface Segment {
  readonly text: string;
  /** Its words, normalised, without courtesies. */
  readonly tokens: readonly string[];
  /** It is a question, by its mark or by its first word. */
  readonly asks: boolean;
  /** It leans on the question before: "and on Sunday?" */
  readonly followUp: boolean;
}

/** The small things that a sentence can be. */
export type Sign =
  | "greeting"
  | "thanks"
  | "bye"
  | "acknowledged"
  | "yes"
  | "no"
  | "person"
  | "complaint"
  | "who"
  | "help"
  | "more";

/** What one burst holds. */
export interface Burst {
  readonly language: Language;
  readonly signs: ReadonlySet<Sign>;
  readonly media: readonly MediaKind[];
  readonly questions: readonly Segment[];
  /** Nothing in it asks for an answer, such as a reaction. */
  readonly silent: boolean;
}

/** Sentences of one burst that are looked at; of more, the questions come first. */
const MOST_SEGMENTS = 8;
/** Types whose text is the sender's own words. */
const CAPTIONED: ReadonlyMap<string, MediaKind> = new Map<string, MediaKind>([
  ["image", "image"],
  ["video", "video"],
  ["audio", "audio"],
  ["voice", "audio"],
  ["document", "document"],
]);
/** Types whose text, if any, is a label. */
const UNREADABLE: ReadonlyMap<string, MediaKind> = new Map<string, MediaKind>([
  ["sticker", "sticker"],
  ["location", "location"],
  ["contacts", "contacts"],
  ["contact", "contacts"],
]);
const EMOJI: readonly (readonly [RegExp, Sign])[] = [
  [/👋/u, "greeting"],
  [/🙏/u, "thanks"],
  [/\p{Extended_Pictographic}/u, "acknowledged"],
];

/**
 * Reads the messages of a turn.
 * @param turn - the turn; its memory helps to recognise the language of a burst that has few words
 */
export function readBurst(turn: AgentTurn): Burst {
  const texts: string[] = [];
  const media: MediaKind[] = [];
  const signs = new Set<Sign>();
  const messages = turn.messages.filter((message) => message.type !== "reaction");
  for (const { type, text, content } of messages) {
    const kind = CAPTIONED.get(type) ?? UNREADABLE.get(type) ?? (text.trim() === "" ? "other" : undefined);
    if (kind !== undefined) media.push(kind);
    if (holdsButton(content)) signs.add("person");
    else if (!UNREADABLE.has(type) && text.trim() !== "") texts.push(text);
  }
  const earlier = turn.memory.filter((message) => message.role === "user").map((message) => message.text);
  const language = detectLanguage(texts.join("\n")) ?? detectLanguage(earlier.join("\n")) ?? fallback;
  const questions = texts.flatMap(sentences).flatMap((sentence) => readSentence(sentence, language, signs));
  return {
    language,
    signs,
    media: [...new Set(media)],
    questions: atMost(questions, MOST_SEGMENTS),
    silent: messages.length === 0,
  };
}

/**
 * Reads one sentence: adds its courtesies to the signs.
 * @param sentence - one sentence
 * @param language - the language of the burst
 * @param signs - is added to
 * @returns the sentence without its courtesies; nothing when nothing is left
 */
export function readSentence(sentence: string, language: Language, signs: Set<Sign>): Segment[] {
  const spoken = words(sentence);
  if (spoken.length === 0) {
    const sign = EMOJI.find(([pattern]) => pattern.test(sentence))?.[1];
    if (sign !== undefined) signs.add(sign);
    return [];
  }
  if (wantsPerson(spoken)) {
    signs.add("person");
    return [];
  }
  if (anyLanguage((known) => findPhrase(spoken, known.complaints) !== undefined)) {
    signs.add("complaint");
    return [];
  }
  if (anyLanguage((known) => findPhrase(spoken, known.whoAreYou) !== undefined)) {
    signs.add("who");
    return [];
  }
  // "no thanks" is a no before it is a thank you.
  const courtesies = new Set<Sign>();
  const tokens = stripCourtesies(spoken, courtesies);
  const whole = wholeSentence(spoken.join(" ")) ?? wholeSentence(tokens.join(" "));
  for (const sign of whole === "no" ? [] : courtesies) signs.add(sign);
  if (tokens.length === 0 && whole === undefined) return [];
  if (whole !== undefined) {
    signs.add(whole);
    return [];
  }
  const near = [language, fallback];
  return [
    {
      text: sentence.trim(),
      tokens,
      asks:
        sentence.includes("?") ||
        near.some(({ questions }) => findPhrase(tokens, questions, { atStart: true }) !== undefined),
      followUp: near.some(({ followUps }) => findPhrase(tokens, followUps, { atStart: true }) !== undefined),
    },
  ];
}

/** The sentences of a text; a full stop inside a number or an address ends none. */
export function sentences(text: string): string[] {
  return text
    .split(/(?<=[?!.…;])\s+|\n+/u)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== "");
}

function stripCourtesies(spoken: readonly string[], signs: Set<Sign>): string[] {
  let tokens = [...spoken];
  const strip = (sign: Sign, phrasesOf: (language: Language) => readonly string[], atStart: boolean) => {
    const match = findPhrase(tokens, languages.flatMap(phrasesOf), { atStart });
    if (match === undefined) return false;
    signs.add(sign);
    tokens = without(tokens, match);
    return true;
  };
  while (strip("greeting", ({ greetings }) => greetings, true));
  strip("thanks", ({ thanks }) => thanks, false);
  strip("bye", ({ byes }) => byes, true);
  return tokens;
}

function wholeSentence(sentence: string): Sign | undefined {
  if (anyLanguage(({ yes }) => yes.includes(sentence))) return "yes";
  if (anyLanguage(({ no }) => no.includes(sentence))) return "no";
  if (anyLanguage(({ acknowledgements }) => acknowledgements.includes(sentence))) return "acknowledged";
  if (anyLanguage(({ help }) => help.includes(sentence))) return "help";
  if (anyLanguage(({ more }) => more.includes(sentence))) return "more";
  return undefined;
}

function wantsPerson(tokens: readonly string[]): boolean {
  const sentence = tokens.join(" ");
  return anyLanguage(({ person, say }) => {
    if (person.alone.includes(sentence) || normalise(say.personButton) === sentence) return true;
    return person.verbs.some((verb) => person.nouns.some((noun) => standTogether(tokens, { verb, noun, person })));
  });
}

/** A verb and a noun at most four words apart, no negation before the verb, no "for" before the noun. */
function standTogether(
  tokens: readonly string[],
  { verb, noun, person }: { readonly verb: string; readonly noun: string; readonly person: Language["person"] },
): boolean {
  const verbAt = findPhrase(tokens, [verb]);
  const nounAt = findPhrase(tokens, [noun]);
  if (verbAt === undefined || nounAt === undefined) return false;
  const [first, second] = verbAt.start < nounAt.start ? [verbAt, nounAt] : [nounAt, verbAt];
  const gap = second.start - (first.start + first.length);
  const before = tokens.slice(Math.max(0, verbAt.start - 4), verbAt.start);
  const negated = person.negations.some((negation) => findPhrase(before, [negation]) !== undefined);
  return gap >= 0 && gap <= 4 && !negated && !person.notAfter.includes(tokens[nounAt.start - 1] ?? "");
}

function anyLanguage(test: (language: Language) => boolean): boolean {
  return languages.some(test);
}

/** Providers put the id of a pressed button at different depths of the content. */
function holdsButton(content: Json | undefined, depth = 0): boolean {
  if (typeof content !== "object" || content === null || depth > 4) return false;
  return Object.entries(content).some(
    ([key, value]) =>
      ((key === "id" || key === "payload") && value === PERSON_BUTTON_ID) || holdsButton(value, depth + 1),
  );
}

function atMost(segments: readonly Segment[], most: number): readonly Segment[] {
  if (segments.length <= most) return segments;
  const chosen = new Set(
    [...segments.filter(({ asks }) => asks), ...segments.filter(({ asks }) => !asks)].slice(0, most),
  );
  return segments.filter((segment) => chosen.has(segment));
}
