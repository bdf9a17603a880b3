// The languages of the built-in model, made ready for comparing words. The first one is the fallback.
import { normalise, words } from "../text.ts";
import { de } from "./de.ts";
import { en } from "./en.ts";
import { es } from "./es.ts";
import type { Language } from "./language.ts";
import { pt } from "./pt.ts";

/** All languages, the fallback first, words normalised. */
export const languages: readonly [Language, ...Language[]] = [prepare(en), prepare(de), prepare(es), prepare(pt)];

/** The language that answers when none is recognised, and in which knowledge bases are searched. */
export const fallback: Language = languages[0];

/**
 * The language of a text, by counting the words that each language knows.
 * @param text - what the customer wrote
 * @returns the language with most words; undefined when no language knows any
 */
export function detectLanguage(text: string): Language | undefined {
  const tokens = words(text);
  let best: { language: Language; known: number } | undefined;
  for (const language of languages) {
    const known = tokens.filter((token) => vocabulary(language).has(token)).length;
    if (known > (best?.known ?? 0)) best = { language, known };
  }
  return best?.language;
}

const vocabularies = new Map<string, ReadonlySet<string>>();

function vocabulary(language: Language): ReadonlySet<string> {
  const cached = vocabularies.get(language.code);
  if (cached !== undefined) return cached;
  const { greetings, thanks, byes, acknowledgements, yes, no, person, complaints, questions, stopWords, glossary } =
    language;
  const phrases = [greetings, thanks, byes, acknowledgements, yes, no, complaints, questions, stopWords];
  const all = [...phrases, person.alone, person.verbs, person.nouns, Object.keys(glossary)].flat();
  const set = new Set(all.flatMap((phrase) => phrase.split(" ")));
  vocabularies.set(language.code, set);
  return set;
}

/** Normalises every word and phrase that is compared; the sentences stay as they are. */
function prepare(language: Language): Language {
  const list = (phrases: readonly string[]) => phrases.map((phrase) => normalise(phrase));
  return {
    ...language,
    greetings: list(language.greetings),
    thanks: list(language.thanks),
    byes: list(language.byes),
    acknowledgements: list(language.acknowledgements),
    yes: list(language.yes),
    no: list(language.no),
    person: {
      verbs: list(language.person.verbs),
      nouns: list(language.person.nouns),
      alone: list(language.person.alone),
      negations: list(language.person.negations),
      notAfter: list(language.person.notAfter),
    },
    complaints: list(language.complaints),
    whoAreYou: list(language.whoAreYou),
    help: list(language.help),
    more: list(language.more),
    followUps: list(language.followUps),
    joins: list(language.joins),
    questions: list(language.questions),
    stopWords: list(language.stopWords),
    glossary: Object.fromEntries(Object.entries(language.glossary).map(([key, value]) => [normalise(key), value])),
  };
}
