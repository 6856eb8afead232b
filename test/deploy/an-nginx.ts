/** nginx with the configuration of deploy/, on free ports of this machine, with certificates that OpenSSL made. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePorts } from '../../scripts/ports.ts';
import { deploy } from './an-empty-root.ts';

/** Where what nginx stands in front of is, in this test. */
export interface Behind {
  /** Path of the portal's Unix socket. */
  readonly portal: string;
  /** Ports of this machine. */
  readonly desk: number;
  readonly ocsp: number;
  readonly crl: number;
  /** PEM: whose certificates browsers shall offer. */
  readonly clients: string;
}

export interface Asked {
  readonly host: string;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Of TLS; plain HTTP where nothing is said. */
  readonly tls?: Pick<RequestOptions, 'cert' | 'key' | 'maxVersion' | 'minVersion'>;
}

export interface Replied {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface AnNginx {
  readonly ask: (asked: Asked) => Promise<Replied>;
  readonly end: () => Promise<void>;
}

export const hosts = {
  portal: 'ra.kakuin.example',
  desk: 'approve.kakuin.example',
  ocsp: 'ocsp.kakuin.example',
  crl: 'crl.kakuin.example',
} as const;

export async function anNginx(behind: Behind): Promise<AnNginx> {
  const folder = mkdtempSync(join(tmpdir(), 'kakuin-nginx-'));
  makeTlsCertificate(folder, behind.clients);
  const [plain = 0, tls = 0] = await freePorts(2);
  writeFileSync(join(folder, 'kakuin.conf'), placed(folder, behind, { plain, tls }));
  const tlsLines = readFileSync(join(deploy, 'nginx', 'tls.conf'), 'utf8');
  writeFileSync(join(folder, 'tls.conf'), tlsLines.replaceAll('/etc/nginx/kakuin', folder));
  writeFileSync(join(folder, 'nginx.conf'), around(folder));
  const child = spawn('/usr/sbin/nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder, '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ca = readFileSync(join(folder, 'ca.crt'));
  const ask = (asked: Asked): Promise<Replied> =>
    send(asked, asked.tls === undefined ? { port: plain } : { port: tls, servername: asked.host, ca, ...asked.tls });
  await listening(child, () => ask({ host: hosts.crl, path: '/' }));
  return {
    ask,
    end: async () => {
      child.kill('SIGQUIT');
      await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Each place of the example, exchanged for one of this test; an example that has none of them any more is a fault. */
function placed(
  folder: string,
  behind: Behind,
  { plain, tls }: { readonly plain: number; readonly tls: number },
): string {
  const places: readonly (readonly [string, string])[] = [
    ['listen 80', `listen 127.0.0.1:${plain}`],
    ['listen 443', `listen 127.0.0.1:${tls}`],
    ['/run/kakuin-ra-portal/portal.sock', behind.portal],
    ['127.0.0.1:8083', `127.0.0.1:${behind.desk}`],
    ['127.0.0.1:8081', `127.0.0.1:${behind.ocsp}`],
    ['127.0.0.1:8082', `127.0.0.1:${behind.crl}`],
    ['/etc/nginx/kakuin', folder],
    ['/var/lib/nginx/kakuin-status', join(folder, 'cache')],
  ];
  return places.reduce(
    (text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`deploy/nginx/kakuin.conf has no ${from}`);
      return text.replaceAll(from, to);
    },
    readFileSync(join(deploy, 'nginx', 'kakuin.conf'), 'utf8'),
  );
}

function around(folder: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `daemon off; master_process on; pid ${folder}/nginx.pid; error_log stderr crit; events {}
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    http { access_log off; ${temporary.map(name => `${name}_temp_path ${folder}/${name};`).join(' ')}
    include ${folder}/kakuin.conf; }`;
}

function makeTlsCertificate(folder: string, clients: string): void {
  const ssl = (...words: string[]): Buffer => execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  ssl('req', '-x509', ...key, '-subj', '/CN=a public CA', '-keyout', 'ca.key', '-out', 'ca.crt');
  const names = `subjectAltName=DNS:${hosts.portal},DNS:${hosts.desk}`;
  ssl('req', ...key.slice(0, -2), '-subj', '/CN=x', '-keyout', 'tls.key', '-out', 'tls.csr');
  writeFileSync(join(folder, 'names'), names);
  const signing = ['-req', '-in', 'tls.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2'];
  ssl('x509', ...signing, '-extfile', 'names', '-out', 'tls.crt');
  writeFileSync(join(folder, 'clients.pem'), clients);
}

function send(
  { host, path, method = 'GET', headers = {}, body, tls }: Asked,
  options: RequestOptions,
): Promise<Replied> {
  const ask = tls === undefined ? plainRequest : tlsRequest;
  return new Promise((resolve, reject) => {
    const sent = { Host: host, ...headers };
    const sending = ask({ host: '127.0.0.1', path, method, headers: sent, agent: false, ...options }, response => {
      let text = '';
      response.setEncoding('latin1').on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sending.on('error', reject);
    sending.end(body);
  });
}

async function listening(child: ChildProcess, ask: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}`);
    const answered = await ask().then(
      () => true,
      () => false,
    );
    if (answered) return;
    await pause(25);
  }
  throw new Error('nginx does not answer');
}
