/** The request in the path of a GET: base64 of its DER, percent-escaped (RFC 6960 appendix A.1.1, RFC 5019 §5). */

const base64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Undefined where the path is not `prefix` and a request of at most `longest` octets. Slashes may stand unescaped. */
export function decodeGetPath(path: string, prefix: string, longest: number): Buffer | undefined {
  if (!path.startsWith(prefix) || path.length > longest * 4) return undefined;
  const text = unescaped(path.slice(prefix.length));
  if (text === undefined || !base64.test(text)) return undefined;
  const request = Buffer.from(text, 'base64');
  return request.length <= longest ? request : undefined;
}

function unescaped(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
