// What the built-in model must know about a language. A language is one file beside this one and its line in index.ts.

/** What a message can be besides text, as far as the built-in model has a sentence for it. */
export type MediaKind = "image" | "video" | "audio" | "document" | "sticker" | "location" | "contacts" | "other";

/** The sentences that the built-in model says. `{tenant}`, `{name}`, `{topics}` and `{question}` are filled in. */
export interface Sentences {
  readonly hello: string;
  readonly helloName: string;
  /** Follows hello at the start of a session: says that a machine answers. */
  readonly introduction: string;
  readonly helloAgain: string;
  readonly howCanIHelp: string;
  readonly topics: string;
  readonly aboutMe: string;
  readonly welcome: string;
  readonly bye: string;
  readonly acknowledged: string;
  readonly noPerson: string;
  readonly personTold: string;
  readonly personAlreadyTold: string;
  readonly sorry: string;
  readonly notFound: string;
  readonly notFoundAgain: string;
  readonly unanswered: string;
  readonly unsure: string;
  /** Asks whether a person is wanted; a "yes" to it asks for one. */
  readonly offerPerson: string;
  /** Titles of buttons, at most 20 characters: the one for a person, and the one that opens the list of topics. */
  readonly personButton: string;
  readonly topicsButton: string;
  readonly media: Readonly<Record<MediaKind, string>>;
}

/** One language. Words and phrases are written naturally; accents, case and apostrophes do not matter. */
export interface Language {
  readonly code: string;
  /** Recognised at the start of a sentence. */
  readonly greetings: readonly string[];
  readonly thanks: readonly string[];
  /** Recognised at the start of a sentence. */
  readonly byes: readonly string[];
  readonly acknowledgements: readonly string[];
  readonly yes: readonly string[];
  readonly no: readonly string[];
  /** A person is wanted: a verb and a noun in one sentence, or one of `alone` as the whole sentence. */
  readonly person: {
    readonly verbs: readonly string[];
    readonly nouns: readonly string[];
    readonly alone: readonly string[];
    /** Words before which the wish is none: "I don't want to talk to a person". */
    readonly negations: readonly string[];
    /** Words right before the noun that make it a number of guests: "a table for a person". */
    readonly notAfter: readonly string[];
  };
  /** Words that bring a person in whatever the sentence is: complaints. */
  readonly complaints: readonly string[];
  readonly whoAreYou: readonly string[];
  readonly help: readonly string[];
  readonly more: readonly string[];
  /** Sentence beginnings that lean on the question before. */
  readonly followUps: readonly string[];
  /** Words that join two questions. */
  readonly joins: readonly string[];
  /** Sentence beginnings that make a question even without a question mark. */
  readonly questions: readonly string[];
  /** Words that say nothing about the topic. */
  readonly stopWords: readonly string[];
  /** Word or phrase -> English words under which the knowledge base may know it. */
  readonly glossary: Readonly<Record<string, string>>;
  readonly say: Sentences;
}
