import { request } from 'node:http';
import { request as tlsRequest } from 'node:https';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  readonly text: string;
}

export interface Ask {
  readonly method?: 'GET' | 'POST';
  /** An object goes as JSON, URLSearchParams as a form, bytes as they are. */
  readonly body?: object | URLSearchParams | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a browser does for one person: keeps cookies per host, names its origin, follows nothing. */
export interface HttpClient {
  /** Throws when the answer's status is 400 or more, with what the answer says. */
  readonly ask: (url: string, ask?: Ask) => Promise<Reply>;
  /** The answer as JSON. */
  readonly json: <T>(url: string, body?: object) => Promise<T>;
}

export function openHttpClient(): HttpClient {
  const jars = new Map<string, Map<string, string>>();
  const ask = async (url: string, { method = 'GET', body, headers = {} }: Ask = {}): Promise<Reply> => {
    const target = new URL(url);
    const jar = jars.get(target.host) ?? new Map<string, string>();
    jars.set(target.host, jar);
    const sent = { ...headersOf(target, method, body), ...cookieHeader(jar), ...headers };
    const reply = await send(target, { method, headers: sent, body: bytesOf(body) });
    keepCookies(jar, reply);
    if (reply.status >= 400) throw new Error(`${method} ${url}: ${reply.status} ${beginningOf(reply.text)}`);
    return reply;
  };
  const json = async <T>(url: string, body?: object): Promise<T> => {
    const options: Ask = body === undefined ? {} : { method: 'POST', body };
    const reply = await ask(url, { ...options, headers: { accept: 'application/json' } });
    return JSON.parse(reply.text) as T;
  };
  return { ask, json };
}

/** Of a page what it says, not its head. */
const beginningOf = (text: string): string => text.slice(Math.max(0, text.indexOf('<main'))).slice(0, 600);

function headersOf(target: URL, method: string, body: Ask['body']): Record<string, string> {
  const origin: Record<string, string> = method === 'GET' ? {} : { origin: target.origin };
  if (body instanceof URLSearchParams) return { ...origin, 'content-type': 'application/x-www-form-urlencoded' };
  if (body === undefined || body instanceof Uint8Array) return origin;
  return { ...origin, 'content-type': 'application/json' };
}

function bytesOf(body: Ask['body']): Uint8Array {
  if (body === undefined) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  return Buffer.from(body instanceof URLSearchParams ? body.toString() : JSON.stringify(body));
}

interface Sending {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Browsers lead every name under localhost to this machine; Node's resolver may not, so it is done here. */
function send(target: URL, { method, headers, body }: Sending): Promise<Reply> {
  const host = target.hostname.endsWith('localhost') ? 'localhost' : target.hostname;
  const length = method === 'GET' ? {} : { 'content-length': String(body.length) };
  const begin = target.protocol === 'https:' ? tlsRequest : request;
  return new Promise((resolve, reject) => {
    const outgoing = begin(
      {
        host,
        port: target.port,
        path: target.pathname + target.search,
        method,
        headers: { host: target.host, ...headers, ...length },
      },
      incoming => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const bytes = Buffer.concat(chunks);
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: bytes,
            text: bytes.toString('utf8'),
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function cookieHeader(jar: ReadonlyMap<string, string>): Record<string, string> {
  return jar.size === 0 ? {} : { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') };
}

function keepCookies(jar: Map<string, string>, { headers }: Reply): void {
  const lines = headers['set-cookie'];
  for (const line of Array.isArray(lines) ? lines : []) {
    const [pair = ''] = line.split(';');
    const cut = pair.indexOf('=');
    const value = pair.slice(cut + 1);
    if (value === '') jar.delete(pair.slice(0, cut));
    else jar.set(pair.slice(0, cut), value);
  }
}
