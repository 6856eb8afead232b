import type { Profiler } from 'node:inspector';

export interface SelfTimes {
  /** Microseconds by source file of ours (`ca-core/check-order`), package, or what the engine did itself. */
  readonly places: ReadonlyMap<string, number>;
  /** Microseconds that the thread worked, and that the profile lasted. */
  readonly busy: number;
  readonly whole: number;
}

type Node = Profiler.ProfileNode;

/** Sums a profile's samples. Time in Node and in native code counts for the file of ours or the package that called it. */
export function selfTimes({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): SelfTimes {
  const parents = new Map(nodes.flatMap(node => (node.children ?? []).map(child => [child, node] as const)));
  const known = new Map<number, string>();
  for (const node of nodes) known.set(node.id, placeOf(node, parents));
  const places = new Map<string, number>();
  let whole = 0;
  for (const [index, id] of samples.entries()) {
    const place = known.get(id) ?? 'unknown';
    // The time between two samples belongs to the first of them.
    const time = Math.max(0, timeDeltas[index + 1] ?? 0);
    places.set(place, (places.get(place) ?? 0) + time);
    whole += time;
  }
  const idle = places.get('(idle)') ?? 0;
  places.delete('(idle)');
  return { places, busy: whole - idle, whole };
}

function placeOf(node: Node, parents: ReadonlyMap<number, Node>): string {
  const { functionName, url } = node.callFrame;
  if (url === '' && /^\((idle|garbage collector)\)$/.test(functionName)) return functionName;
  for (let at: Node | undefined = node; at !== undefined; at = parents.get(at.id)) {
    const place = nameOf(at.callFrame.url);
    if (place !== undefined) return place;
  }
  return url.startsWith('node:') ? 'node itself' : functionName.startsWith('(') ? functionName : 'node itself';
}

function nameOf(url: string): string | undefined {
  const [, own] = /\/dist\/((?:ca-core|scripts)\/.*)\.js$/.exec(url) ?? [];
  if (own !== undefined) return own;
  const [, name] = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
  return name === undefined ? undefined : `package ${name}`;
}
