// The built-in model: answers from the tenant's knowledge base by rules, without a language model. The same turn gets
// the same answer. It shows passages of articles as they were written and says so when it has none; it never makes
// up a fact.

import type { AgentAnswer, AgentTurn } from "@switchboard/commons/agent-contract.ts";
import type { OutboundContent } from "@switchboard/commons/outbound.ts";
import type { Respond } from "../define-agent.ts";
import type { Article } from "../knowledge.ts";
import type { Burst } from "./burst.ts";
import { PERSON_BUTTON_ID, readBurst, readSentence, sentences } from "./burst.ts";
import { firstName } from "./first-name.ts";
import type { Answered, Search } from "./lookup.ts";
import { lookUpAll, lookUpMore } from "./lookup.ts";
import type { Finding, Query } from "./passages.ts";
import { paragraphs, queryOf } from "./passages.ts";
import { fill, shorten } from "./text.ts";

/** Name of this model in the usage of a turn. */
export const BUILT_IN_MODEL = "built-in";
/** Articles that one search returns; the passage is chosen among them. */
const CANDIDATES = 8;
/** General words of business articles: what they find are the topics that exist, since a search cannot list. */
const TOPIC_WORDS =
  "opening hours menu price service product reservation appointment booking location contact delivery payment return insurance event";
/** Topics that are named when the customer asks what there is. */
const MOST_TOPICS = 6;
/** WhatsApp shows at most this many buttons; more choices are a list. */
const MOST_BUTTONS = 3;
/** A button's title at WhatsApp is at most this long. */
const BUTTON_TITLE_LENGTH = 20;
/** WhatsApp takes at most 1024 characters with buttons; a longer text goes ahead as a message of its own. */
const BUTTON_TEXT_LENGTH = 1000;

/** What the parts of an answer are made from. */
interface Reading {
  readonly turn: AgentTurn;
  readonly burst: Burst;
  readonly search: Search;
  readonly say: (sentence: string, values?: Readonly<Record<string, string>>) => string;
}

/** Parts of a reply, in order, and the buttons under it. */
interface Draft {
  readonly parts: string[];
  topics: readonly string[];
  offersPerson: boolean;
}

/**
 * Answers a turn from the knowledge base.
 * @throws whatever the search throws: a knowledge base that cannot be reached is not an empty one
 */
export const answerFromKnowledge: Respond = async (turn, context) => {
  const burst = readBurst(turn);
  const found = new Map<string, Promise<readonly Article[]>>();
  const search: Search = (query) => {
    const known = found.get(query) ?? context.searchKnowledge(query, CANDIDATES);
    found.set(query, known);
    return known;
  };
  const say: Reading["say"] = (sentence, values) => fill(sentence, { tenant: turn.tenant.name, ...values });
  const answer = await compose({ turn, burst, search, say });
  return { ...answer, usage: { model: BUILT_IN_MODEL, tools: found.size > 0 ? ["search_knowledge"] : [] } };
};

async function compose(reading: Reading): Promise<Omit<AgentAnswer, "usage">> {
  const { turn, burst, say } = reading;
  const { signs } = burst;
  if (burst.silent) return { replies: [], actions: [] };
  const accepted = signs.has("yes") && wasOfferedPerson(turn, burst);
  const wantsPerson = signs.has("person") || signs.has("complaint") || accepted;
  const answered = await answerQuestions(reading);
  const draft: Draft = { parts: [], topics: [], offersPerson: false };
  if (signs.has("greeting")) draft.parts.push(greeting(reading));
  addFindings(draft, reading, answered);
  draft.parts.push(...burst.media.map((kind) => burst.language.say.media[kind]));
  if (signs.has("who")) draft.parts.push(say(burst.language.say.aboutMe));
  if (wantsPerson) addPerson(draft, reading);
  else await addWhatIsLeft(draft, reading, answered);
  const asks = wantsPerson && !turn.conversation.personRequested;
  const reason = signs.has("complaint") ? "The customer has a complaint." : "The customer asked for a person.";
  return { replies: replies(draft, reading), actions: asks ? [{ type: "request_person", reason }] : [] };
}

async function answerQuestions({ turn, burst, search }: Reading): Promise<Answered[]> {
  const earlier = earlierQuestion(turn, burst);
  const answered = await lookUpAll(burst.questions, search, { language: burst.language, earlier });
  if (!burst.signs.has("more") || earlier === undefined) return answered;
  const more = await lookUpMore(earlier, search);
  const segment = { text: "", tokens: [], asks: true, followUp: true };
  return more === undefined ? answered : [...answered, { segment, findings: [more] }];
}

/** The customer's last question before this burst, that a follow-up can lean on. */
function earlierQuestion(turn: AgentTurn, burst: Burst): Query | undefined {
  for (const { role, text } of turn.memory.toReversed()) {
    if (role !== "user") continue;
    const segments = sentences(text).flatMap((sentence) => readSentence(sentence, burst.language, new Set()));
    for (const { tokens } of segments.toReversed()) {
      const query = queryOf(tokens, burst.language);
      if (query.terms.some(({ vague }) => !vague)) return query;
    }
  }
  return undefined;
}

function greeting({ turn, burst, say }: Reading): string {
  const words = burst.language.say;
  if (!turn.session.isNew) return burst.questions.length > 0 ? "" : words.helloAgain;
  const name = firstName(turn.contact.name);
  const hello = name === undefined ? words.hello : say(words.helloName, { name });
  return `${hello} ${say(words.introduction)}`;
}

function addFindings(draft: Draft, { burst, say }: Reading, answered: readonly Answered[]): void {
  const words = burst.language.say;
  const sure = once(answered.flatMap(({ findings }) => findings).filter(({ confidence }) => confidence === "sure"));
  const unsure = once(answered.flatMap(({ findings }) => findings).filter(({ confidence }) => confidence === "unsure"));
  const byArticle = Map.groupBy(sure, ({ article }) => article.id);
  for (const found of byArticle.values()) {
    const text = unlessShown(found.flatMap((one) => paragraphs(one.text))).join("\n\n");
    draft.parts.push(byArticle.size > 1 ? `**${found[0]?.article.title ?? ""}**\n${text}` : text);
  }
  // A guess beside a sure answer is noise, unless it is the only answer to a question of its own.
  const guesses = sure.length === 0 ? unsure.slice(0, 1) : [];
  for (const { text } of guesses) draft.parts.push(`${words.unsure}\n\n${text}`);
  if (guesses.length > 0) draft.offersPerson = true;
  const open = answered.filter(
    ({ findings, segment }) =>
      segment.asks && !findings.some((one) => sure.includes(one) || guesses.includes(one) || isShown(one, sure)),
  );
  if (sure.length + guesses.length === 0 || open.length === 0) return;
  const quote = (text: string) => shorten(text.replace(/[*_~`]/g, ""), 80);
  draft.parts.push(...open.map(({ segment }) => say(words.unanswered, { question: quote(segment.text) })));
  draft.offersPerson = true;
}

/** Every passage once, in the order of the questions. */
function once(findings: readonly Finding[]): Finding[] {
  return findings.filter((one, index) => !isShown(one, findings.slice(0, index)));
}

/** Paragraphs without those that stand in another one of them. */
function unlessShown(texts: readonly string[]): string[] {
  return texts.filter(
    (text, index) => !texts.some((other, place) => other.includes(text) && (other !== text || place < index)),
  );
}

function isShown(finding: Finding, shown: readonly Finding[]): boolean {
  return shown.some(({ article, text }) => article.id === finding.article.id && text.includes(finding.text));
}

function addPerson(draft: Draft, { turn, burst, say }: Reading): void {
  const words = burst.language.say;
  if (burst.signs.has("complaint")) draft.parts.push(words.sorry);
  draft.parts.push(turn.conversation.personRequested ? words.personAlreadyTold : say(words.personTold));
}

/** Offers, courtesies, and what to say when nothing was found. */
async function addWhatIsLeft(draft: Draft, reading: Reading, answered: readonly Answered[]): Promise<void> {
  const { turn, burst } = reading;
  const words = burst.language.say;
  const { signs } = burst;
  const hasAnswer = answered.some(({ findings }) => findings.length > 0);
  if (draft.offersPerson) offerPerson(draft, reading);
  if (hasAnswer || burst.media.length > 0) return;
  if (answered.length > 0) {
    const again = lastReply(turn)?.includes(words.notFound) === true;
    draft.parts.push(again ? words.notFoundAgain : words.notFound);
    await addTopics(draft, reading);
    offerPerson(draft, reading);
  } else if (signs.has("thanks")) draft.parts.push(signs.has("bye") ? `${words.welcome} ${words.bye}` : words.welcome);
  else if (signs.has("bye")) draft.parts.push(words.bye);
  else if (signs.has("no")) draft.parts.push(words.noPerson);
  else if (signs.has("acknowledged")) draft.parts.push(words.acknowledged);
  else if (!signs.has("who") || signs.has("help")) {
    await addTopics(draft, reading);
    draft.parts.push(words.howCanIHelp);
    draft.offersPerson = !turn.conversation.personRequested;
  }
}

function offerPerson(draft: Draft, { turn, burst }: Reading): void {
  const words = burst.language.say;
  draft.offersPerson = !turn.conversation.personRequested;
  draft.parts.push(turn.conversation.personRequested ? words.personAlreadyTold : words.offerPerson);
}

async function addTopics(draft: Draft, { burst, search, say }: Reading): Promise<void> {
  const titles = (await search(TOPIC_WORDS)).map(({ title }) => title).slice(0, MOST_TOPICS);
  if (titles.length === 0) return;
  draft.parts.push(say(burst.language.say.topics, { topics: titles.join(", ") }));
  // Who asks what there is gets a list of it; elsewhere two buttons are enough beside the one for a person.
  draft.topics = burst.signs.has("help")
    ? titles
    : titles.filter((title) => title.length <= BUTTON_TITLE_LENGTH).slice(0, MOST_BUTTONS - 1);
}

function wasOfferedPerson(turn: AgentTurn, burst: Burst): boolean {
  return lastReply(turn)?.includes(burst.language.say.offerPerson) === true;
}

function lastReply(turn: AgentTurn): string | undefined {
  return turn.memory.findLast(({ role }) => role === "assistant")?.text;
}

function replies(draft: Draft, { burst }: Reading): OutboundContent[] {
  const parts = draft.parts.filter((part) => part !== "");
  if (parts.length === 0) return [];
  const text = parts.join("\n\n");
  const buttons = draft.topics.map((title) => ({ id: `topic:${title}`, title }));
  if (draft.offersPerson) buttons.push({ id: PERSON_BUTTON_ID, title: burst.language.say.personButton });
  if (buttons.length === 0) return [{ type: "text", text }];
  if (buttons.length > MOST_BUTTONS)
    return [{ type: "list", text, button: burst.language.say.topicsButton, sections: [{ rows: buttons }] }];
  if (text.length <= BUTTON_TEXT_LENGTH) return [{ type: "buttons", text, buttons }];
  const last = parts.at(-1) ?? text;
  return [
    { type: "text", text: parts.slice(0, -1).join("\n\n") || text },
    { type: "buttons", text: shorten(last, BUTTON_TEXT_LENGTH), buttons },
  ];
}
