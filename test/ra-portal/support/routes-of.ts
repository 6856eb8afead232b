import type { Express } from 'express';

/** What Express keeps of a route; its own types hide it. */
interface Layer {
  readonly slash: boolean;
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  readonly handle: { readonly stack?: readonly Layer[] };
}

/** Every route of an app as `METHOD /path`. Throws where a router is mounted below a path: routes carry their whole path. */
export function routesOf(app: Express): readonly string[] {
  return layersBelow((app.router as unknown as { readonly stack: readonly Layer[] }).stack);
}

function layersBelow(stack: readonly Layer[]): string[] {
  return stack.flatMap(({ route, handle, slash }) => {
    if (route !== undefined) {
      return Object.keys(route.methods).map(method => `${method.toUpperCase()} ${route.path}`);
    }
    if (handle.stack === undefined) return [];
    if (!slash) throw new Error('A router is mounted below a path; write the whole path into its routes.');
    return layersBelow(handle.stack);
  });
}
