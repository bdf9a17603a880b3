// Circles among files that import each other.

/**
 * Finds the circles of a graph, a shortest one for each group of files that reach each other.
 * @param graph - file -> the files that it imports
 * @returns each circle as the files along it; the last imports the first
 */
export function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const seen = new Set<string>();
  const cycles: string[][] = [];
  for (const start of graph.keys()) {
    if (seen.has(start)) continue;
    const cycle = shortestWayBack(graph, start);
    if (cycle === undefined) continue;
    for (const file of cycle) seen.add(file);
    cycles.push(cycle);
  }
  return cycles;
}

function shortestWayBack(graph: ReadonlyMap<string, readonly string[]>, start: string): string[] | undefined {
  const cameFrom = new Map<string, string>();
  for (let frontier = [start]; frontier.length > 0; ) {
    const next: string[] = [];
    for (const file of frontier)
      for (const target of graph.get(file) ?? []) {
        if (target === start) return wayTo(cameFrom, file, start);
        if (cameFrom.has(target)) continue;
        cameFrom.set(target, file);
        next.push(target);
      }
    frontier = next;
  }
  return undefined;
}

function wayTo(cameFrom: ReadonlyMap<string, string>, end: string, start: string): string[] {
  const way = [end];
  for (let file = end; file !== start; way.unshift(file)) file = cameFrom.get(file) ?? start;
  return way;
}
