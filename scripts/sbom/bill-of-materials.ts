/** A CycloneDX bill of materials of what the product runs on, out of npm's own of everything installed. */
import { z } from '../../ca-core/schema.ts';

const component = z.looseObject({
  'bom-ref': z.string(),
  name: z.string(),
  version: z.string(),
  licenses: z.array(z.unknown()).default([]),
});
const edges = z.looseObject({ ref: z.string(), dependsOn: z.array(z.string()).default([]) });

export const bill = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.string(),
  metadata: z.looseObject({ component: component.omit({ licenses: true }) }),
  components: z.array(component),
  dependencies: z.array(edges),
});
export type Bill = z.infer<typeof bill>;

/** What package.json says. */
export interface Manifest {
  readonly name: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

/**
 * Only what the manifest's dependencies lead to. `npm sbom --omit dev` leaves out packages that tests ask for, too (pg,
 * yaml), so the whole is asked for and cut here.
 */
export function productionBill(whole: Bill, manifest: Manifest): Bill {
  const wanted = { ...manifest.optionalDependencies, ...manifest.dependencies };
  const own = Object.entries(wanted).map(packageOf);
  const root = whole.metadata.component['bom-ref'];
  const kept = reachable(whole, own);
  const dependencies = whole.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(one => kept.has(one)) }));
  const ownKept = own.filter(ref => kept.has(ref));
  return {
    ...whole,
    metadata: { ...whole.metadata, component: { ...whole.metadata.component, name: manifest.name } },
    components: whole.components.filter(one => kept.has(one['bom-ref'])),
    dependencies: [{ ref: root, dependsOn: ownKept }, ...dependencies],
  };
}

/** `NAME@VERSION`, for one that is installed under another name too: `npm:NAME@VERSION`. */
export const packageOf = ([name, version]: readonly [string, string]): string =>
  version.startsWith('npm:') ? version.slice(4) : `${name}@${version}`;

function reachable(whole: Bill, from: readonly string[]): Set<string> {
  const there = new Set(whole.components.map(one => one['bom-ref']));
  const next = new Map(whole.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  const kept = new Set<string>();
  const waiting = from.filter(ref => there.has(ref));
  for (let ref = waiting.pop(); ref !== undefined; ref = waiting.pop()) {
    if (kept.has(ref)) continue;
    kept.add(ref);
    waiting.push(...(next.get(ref) ?? []).filter(one => there.has(one)));
  }
  return kept;
}

/** Components that name no licence. */
export const unlicensed = ({ components }: Bill): string[] =>
  components.filter(({ licenses }) => licenses.length === 0).map(({ name, version }) => `${name}@${version}`);
