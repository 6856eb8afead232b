/** RFC 6901 §6: a JSON Pointer as a URI fragment, as RFC 9457 has it. */
export const pointerOf = (path: readonly string[]): string =>
  '#' + path.map(one => `/${encodeURIComponent(one.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('');
