import { request } from 'node:http';

export interface SocketAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

export interface SocketRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** What a proxy sends over the portal's Unix socket. */
export function overSocket(
  socketPath: string,
  origin: string,
  { method, path, headers = {}, body = {} }: SocketRequest,
): Promise<SocketAnswer> {
  const sent = { Host: new URL(origin).host, Origin: origin, Accept: 'application/json', ...headers };
  const json = { ...sent, 'Content-Type': 'application/json' };
  return new Promise((resolve, reject) => {
    const sending = request({ socketPath, path, method, headers: method === 'GET' ? sent : json }, response => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sending.on('error', reject);
    sending.end(method === 'GET' ? undefined : JSON.stringify(body));
  });
}

export const cookiesOf = ({ headers }: SocketAnswer): string =>
  [headers['set-cookie'] ?? []]
    .flat()
    .map(cookie => cookie.split(';')[0] ?? '')
    .join('; ');
