// The results as a picture: bars of messages a second, drawn by hand as SVG. It has a background of its own and follows
// the reader's choice of light or dark.
import { bestDrain, spreadOf, type Who, whoIs } from "./figures.ts";
import { number } from "./report.ts";
import type { Row, Table, Tables } from "./results.ts";
import type { Drained } from "./task.ts";

/** One bar. */
interface ChartBar {
  readonly name: string;
  readonly who: Who;
  readonly rate: number;
  /** Said behind the value: it is not what it seems. */
  readonly note: string;
}
/** One group of bars, with a scale of its own. */
interface Group {
  readonly title: string;
  readonly bars: readonly ChartBar[];
}

const GROUPS: readonly [id: string, title: string][] = [
  ["ordered-100k", "In order: 100,000 messages over 1,000 conversations"],
  ["ordered-waiting", "In order: 20,000, with 1,000,000 other conversations waiting"],
  ["unordered-100k", "Without order: 100,000 messages"],
];
const WIDTH = 860;
const LEFT = 250;
const RIGHT = 150;
const BAR = 18;
const STEP = 26;
const STYLE = `
  .card { fill: #ffffff; stroke: #d0d7de } text { font: 13px ui-sans-serif, system-ui, "Segoe UI", sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 14px } .name { text-anchor: end } .soft { fill: #59636e; font-size: 12px }
  .single { fill: #1a7f37 } .bursts { fill: #2da44e } .peer { fill: #8c959f } .limit { fill: #c4a000 }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; stroke: #3d444d } text { fill: #e6edf3 } .soft { fill: #9198a1 }
    .single { fill: #2ea043 } .bursts { fill: #56d364 } .peer { fill: #656c76 } .limit { fill: #d4a72c }
  }`;

/** The picture; "" when none of its tables was measured. */
export function chartOf(tables: Tables): string {
  const groups = GROUPS.flatMap(([id, title]) => {
    const table = tables.drains.find((one) => one.id === id);
    return table === undefined || table.rows.length === 0 ? [] : [{ title, bars: barsOf(table) }];
  });
  if (groups.length === 0) return "";
  let top = 62;
  const parts = groups.map((group) => {
    const drawn = draw(group, top);
    top += 34 + group.bars.length * STEP + 18;
    return drawn;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" role="img" aria-label="Messages a second, Switchboard beside its peers">
<style>${STYLE}
</style>
<rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${top - 1}" rx="8"/>
<text class="title" x="24" y="32" style="font-size:16px">Messages a second, medians</text>
<text class="soft" x="24" y="50">One server with real fsync, one Node process, everybody at the best of its documented settings.</text>
${parts.join("\n")}
</svg>
`;
}

/** Ours in both forms, the best setting of each peer, the limit; the fastest first. */
function barsOf(table: Table<Drained>): ChartBar[] {
  const families = new Map<string, Row<Drained>>();
  for (const row of table.rows.filter(({ contender }) => whoIs(contender) === "peer")) {
    const family = familyOf(row.contender);
    const known = families.get(family);
    if (known === undefined || rateOf(row) > rateOf(known)) families.set(family, row);
  }
  const ours = (["single", "bursts", "limit"] as const).map((who) => bestDrain(table, who));
  return [...ours, ...families.values()]
    .filter((row) => row !== undefined)
    .map((row) => ({
      name: familyOf(row.contender),
      who: whoIs(row.contender) ?? "peer",
      rate: rateOf(row),
      note: noteOf(row),
    }))
    .sort((a, b) => b.rate - a.rate);
}

const rateOf = (row: Row<Drained>): number => spreadOf(row, ({ rate }) => rate).median;

function familyOf(contender: string): string {
  if (whoIs(contender) === "limit") return "raw limit, no order kept";
  const parts = contender.split(", ");
  if (contender.startsWith("switchboard")) return parts.slice(0, 2).join(", ");
  if (contender.startsWith("pg-boss")) return contender.replace(/ \d.*$/, "").replace(/ batch.*$/, "");
  return parts[0] ?? contender;
}

function noteOf({ rounds }: Row<Drained>): string {
  if (rounds.some(({ disorder, overlaps }) => disorder > 0 || overlaps > 0)) return "breaks the order";
  return rounds.some(({ capped }) => capped) ? "broken off" : "";
}

function draw({ title, bars }: Group, top: number): string {
  const most = Math.max(...bars.map(({ rate }) => rate));
  const lines = bars.map(({ name, who, rate, note }, index) => {
    const y = top + 34 + index * STEP;
    const width = Math.max(1, Math.round((rate / most) * (WIDTH - LEFT - RIGHT)));
    const value = `${number(rate)}${note === "" ? "" : ` <tspan class="soft">${escaped(note)}</tspan>`}`;
    return `<text class="name" x="${LEFT - 10}" y="${y + 13}">${escaped(name)}</text><rect class="${who}" x="${LEFT}" y="${y}" width="${width}" height="${BAR}" rx="2"/><text x="${LEFT + width + 8}" y="${y + 13}">${value}</text>`;
  });
  return [`<text class="title" x="24" y="${top + 18}">${escaped(title)}</text>`, ...lines].join("\n");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
