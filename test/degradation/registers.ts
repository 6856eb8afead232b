/** The NTA's Web-API and a ROBINS endpoint over HTTP, which answer what the shipped snapshots hold, or fail. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../ca-core/project-root.ts';

export interface RegistersAway {
  readonly nta: string;
  readonly robins: string;
  /** The NTA answers 500, ROBINS not at all. */
  readonly fail: () => void;
  readonly mend: () => void;
  readonly end: () => void;
}

const shipped = (name: string): string => readFileSync(join(projectRoot, 'policies', 'registers', name), 'utf8');

export async function registersOverHttp(): Promise<RegistersAway> {
  const rows = shipped('nta-snapshot.csv').split('\n');
  const { entries } = parse(shipped('robins-snapshot.yaml')) as { entries: { corporateNumber: string }[] };
  let isFailing = false;
  const hanging: ServerResponse[] = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const isNta = pathname.startsWith('/4/');
    if (isFailing && !isNta) return void hanging.push(response);
    if (isFailing) return void response.writeHead(500).end();
    const number = isNta ? (searchParams.get('number') ?? '') : (pathname.split('/').at(-1) ?? '');
    const found = rows.filter(line => line.includes(`"${number}"`));
    const entry = entries.find(one => one.corporateNumber === number);
    response.end(isNta ? `2026-11-20,${found.length},1,1\n${found.join('\n')}\n` : JSON.stringify(entry));
  }).listen(0);
  await once(server, 'listening');
  const base = `http://localhost:${(server.address() as AddressInfo).port}`;
  return {
    nta: `${base}/4`,
    robins: `${base}/robins/{number}`,
    fail: () => (isFailing = true),
    mend: () => {
      isFailing = false;
      for (const response of hanging.splice(0)) response.destroy();
    },
    end: () => server.close().closeAllConnections(),
  };
}
