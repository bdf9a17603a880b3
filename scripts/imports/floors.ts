// Who may import whom (DESIGN.md): every file lives on a floor of a unit, and arrows only go down.

/** Where a file lives. */
export interface Home {
  /** What never imports another of its kind: a door ("functions/health"), a package ("runner"), or "scripts". */
  readonly unit: string;
  /** Folder below packages/ whose package.json counts; "." for doors and scripts. */
  readonly package: string;
  /** A Deno edge function: its bare specifiers stand in the functions' import map. */
  readonly isDoor: boolean;
  /** The floor, from 0 (leaf files of commons) to 4. */
  readonly floor: number;
  /** Folders of one floor do not know each other; the folder's name within commons, else the unit. */
  readonly room: string;
}

/** The floors of commons by folder; its own files lie on the lowest. */
export const COMMONS_FLOORS: Readonly<Record<string, number>> = {
  "": 0,
  text: 0,
  db: 1,
  providers: 1,
  services: 1,
  storage: 1,
  handlers: 2,
  work: 3,
};
const OUTSIDE = 4;

/**
 * Finds a file's home.
 * @param file - relative to the project, with forward slashes
 * @returns undefined for a folder of commons that has no floor
 */
export function homeOf(file: string): Home | undefined {
  const parts = file.split("/");
  const [top = "", second = "", third = "", fourth = ""] = parts;
  if (top === "supabase") return door(`functions/${third}`, ".");
  if (top !== "packages") return { unit: "scripts", package: ".", isDoor: false, floor: OUTSIDE, room: "scripts" };
  if (third === "functions") return door(`${second}/functions/${fourth}`, second);
  if (second !== "commons") return { unit: second, package: second, isDoor: false, floor: OUTSIDE, room: second };
  const folder = parts.length > 4 ? fourth : "";
  const floor = COMMONS_FLOORS[folder];
  // Leaf files and commons/text are one room: leafs may import leafs.
  return floor === undefined
    ? undefined
    : { unit: "commons", package: "commons", isDoor: false, floor, room: floor === 0 ? "leaf" : folder };
}

function door(unit: string, owner: string): Home {
  return { unit, package: owner, isDoor: true, floor: OUTSIDE, room: unit };
}
