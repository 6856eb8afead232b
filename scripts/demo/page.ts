/** What a demo's person reads from a page: a browser would parse it whole, here a few marked places are enough. */

/** Text of the element with that id, entities decoded. Throws when the page lacks it. */
export function textOf(html: string, id: string): string {
  const found = new RegExp(`<(\\w+)[^>]*\\bid="${id}"[^>]*>([\\s\\S]*?)</\\1>`).exec(html)?.[2];
  if (found === undefined) throw new Error(`The page lacks #${id}.`);
  return decoded(found);
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

function decoded(html: string): string {
  return html.replace(/&(?:(\w+)|#(\d+)|#x([0-9a-f]+));/gi, (whole, name?: string, decimal?: string, hex?: string) => {
    if (name !== undefined) return entities[name] ?? whole;
    return String.fromCodePoint(decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal));
  });
}
