/** What a demo's person reads from a page: a browser would parse it whole, here a few marked places are enough. */

/** Text of the element with that id, entities decoded. Throws when the page lacks it. */
export function textOf(html: string, id: string): string {
  const found = new RegExp(`<(\\w+)[^>]*\\bid="${id}"[^>]*>([\\s\\S]*?)</\\1>`).exec(html)?.[2];
  if (found === undefined) throw new Error(`The page lacks #${id}.`);
  return decoded(found);
}

/** Value of the input with that name; the form's CSRF token, say. Throws when the page lacks it. */
export function inputOf(html: string, name: string): string {
  const tag = new RegExp(`<input[^>]*\\bname="${name}"[^>]*>`).exec(html)?.[0];
  const value = tag === undefined ? undefined : /\bvalue="([^"]*)"/.exec(tag)?.[1];
  if (value === undefined) throw new Error(`The page lacks an input ${name}.`);
  return decoded(value);
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

function decoded(html: string): string {
  return html.replace(/&(?:(\w+)|#(\d+)|#x([0-9a-f]+));/gi, (whole, name?: string, decimal?: string, hex?: string) => {
    if (name !== undefined) return entities[name] ?? whole;
    return String.fromCodePoint(decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal));
  });
}
