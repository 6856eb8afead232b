/** A responder that knows many certificates, beside the CA core that certifies its key. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../ca-core/clock.ts';
import { openEncryptedFileKeyStore, openStore, readCertificate, type Certificate } from '../../ca-core/index.ts';
import { firstKeyLabel } from '../../ocsp-responder/keys.ts';
import { makeHome } from '../home.ts';
import { freePorts } from '../ports.ts';
import { settingOf, type Settings } from '../settings.ts';
import { openGround, type Ground } from './ground.ts';
import { drawSerials, serialAt } from './ocsp-load.ts';

export interface ResponderGround {
  readonly url: string;
  readonly folder: string;
  readonly issuer: Certificate;
  readonly serials: Buffer;
  /** Resolves when every answer has been signed beforehand. */
  readonly prepared: () => Promise<void>;
}

export interface ResponderWish {
  readonly certificates: number;
  /** The kind of the key that signs answers. */
  readonly key: 'p-256' | 'rsa-2048';
}

/** The two services run while `work` does. */
export async function withResponder<T>(wish: ResponderWish, work: (ground: ResponderGround) => Promise<T>): Promise<T> {
  const [metricsPort = 0] = await freePorts(1);
  const environment = { KAKUIN_OCSP_METRICS_PORT: String(metricsPort), KAKUIN_OCSP_WORKERS: '2' };
  const ground = await openGround({ environment, before: settings => makeKey(settings, wish.key) });
  try {
    const serials = drawSerials(wish.certificates);
    writeJournal(join(ground.settings.home, 'responder', 'status.jsonl'), serials);
    const services = [ground.launch('ca-core'), ground.launch('ocsp-responder')];
    try {
      await Promise.all(services.map(service => service.ready));
      const prepared = (): Promise<void> => untilPrepared(metricsPort, wish.certificates);
      return await work({ ...(await known(ground)), serials, prepared });
    } finally {
      await Promise.all(services.map(service => service.end()));
    }
  } finally {
    await ground.close();
  }
}

/** Before the ceremony pins it. */
async function makeKey(settings: Settings, algorithm: ResponderWish['key']): Promise<void> {
  makeHome(settings);
  const folder = join(settings.home, 'responder');
  const passphrase = readFileSync(join(folder, 'passphrase'), 'utf8').trimEnd();
  const keys = openEncryptedFileKeyStore({ folder, passphrase });
  await keys.generate(firstKeyLabel, algorithm);
}

/** As if it had followed the CA core for years. */
function writeJournal(path: string, serials: Buffer): void {
  const notAfter = systemClock.now() + 365 * 86_400;
  const file = openSync(path, 'w', 0o600);
  for (let turn = 0; turn < serials.length / 16;) {
    const lines: string[] = [];
    for (; turn < serials.length / 16 && lines.length < 20_000; turn++) {
      lines.push(`{"is":"good","serialNumber":"${serialAt(serials, turn)}","notAfter":${notAfter}}\n`);
    }
    writeSync(file, lines.join(''));
  }
  closeSync(file);
}

/** Where the responder of a ground is, and whose certificates it tells of. */
export async function known({
  settings,
  database,
}: Ground): Promise<Pick<ResponderGround, 'url' | 'folder' | 'issuer'>> {
  const row = (await openStore(database).issuers.list()).find(({ name }) => name === 'issuing');
  if (row === undefined) throw new Error('There is no issuing CA.');
  const url = `${settingOf(settings, 'KAKUIN_OCSP_URL')}/`;
  return { url, folder: settings.home, issuer: readCertificate(row.certificate) };
}

async function untilPrepared(metricsPort: number, count: number): Promise<void> {
  for (;;) {
    const { prepared } = (await (await fetch(`http://localhost:${metricsPort}/health`)).json()) as { prepared: number };
    if (prepared >= count) return;
    await pause(500);
  }
}
