/** The CA core of a home with a responder, one worker of it, and a publisher, over real HTTP; none is started again. */
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { silentLog } from '../../ca-core/log.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { toHex } from '../../ca-core/x509/der.ts';
import { createCrlServer } from '../../crl-publisher/http.ts';
import { firstResponderKey } from '../../ocsp-responder/keys.ts';
import { openOcspResponder, type OcspResponder } from '../../ocsp-responder/open-ocsp-responder.ts';
import { openWorker, type WorkerSeat } from '../../ocsp-responder/worker.ts';
import { makePassphrase } from '../../scripts/home.ts';
import { settle, type ACa, type aClock } from './a-ca.ts';
import { aPublisher } from './a-publisher.ts';

export interface StatusServices {
  readonly core: OpenCa;
  readonly ocsp: OcspResponder;
  readonly publisher: Awaited<ReturnType<typeof aPublisher>>;
  /** Each does its rounds until what one asks of another is done. */
  readonly allTurn: () => Promise<void>;
  readonly revoke: (caseId: string) => Promise<void>;
  /** Nobody answers for status any more. */
  readonly silence: (which: 'ocsp' | 'crl') => void;
  readonly close: () => Promise<void>;
}

export interface StatusPlaces {
  /** A clock that is behind the machine's: it passes with every turn, and OpenSSL takes nothing from the future. */
  readonly clock: ReturnType<typeof aClock>;
  readonly ocspPort: number;
  readonly crlPort: number;
}

export async function aStatusServices(ca: ACa, { clock, ocspPort, crlPort }: StatusPlaces): Promise<StatusServices> {
  const core = await ca.open();
  const { ocsp, worker } = await openResponder(ca, clock, ocspPort);
  const url = `http://localhost:${crlPort}`;
  const fetchPublic = async (path: string): Promise<Uint8Array> =>
    new Uint8Array(await (await fetch(url + path)).arrayBuffer());
  const home = join(ca.settings.home, 'crl');
  const publisher = await aPublisher({ store: ca.store, home }, { clock, fetchPublic, url: ca.settings.crlUrl });
  const crlServer = createCrlServer({ files: publisher.files, clock }).listen(crlPort);
  await once(crlServer, 'listening');
  const allTurn = async (): Promise<void> => {
    for (let rounds = 0; rounds < 3; rounds++) {
      clock.pass(6);
      await settle(core);
      await ocsp.round();
      await settle(core);
      await ocsp.round();
      worker.take({ is: 'news', desks: ocsp.news() });
      await publisher.round().catch((error: unknown) => {
        if (rounds === 2) throw error;
      });
    }
    await ocsp.prepare();
    worker.take({ is: 'news', desks: ocsp.news() });
  };
  const silence = (which: 'ocsp' | 'crl'): void => {
    if (which === 'ocsp') worker.close();
    else crlServer.close(() => undefined).closeAllConnections();
  };
  return {
    ...{ core, ocsp, publisher, allTurn, silence },
    revoke: async caseId => {
      const row = await ca.store.certificates.ofCase(caseId);
      const { issuer = '', serialNumber = '' } = row ?? {};
      const about = { kind: 'revocation', version: 1, ca: issuer, serialNumber, requestedAt: clock.now() } as const;
      await ca.approve({ ...about, reason: 'superseded', invalidityDate: null }, [ca.officers[0]]);
      await allTurn();
    },
    close: async () => {
      silence('ocsp');
      silence('crl');
      await ocsp.close();
      await publisher.close();
      await core.close();
    },
  };
}

async function openResponder(
  { store, policies, settings, console: terminal }: ACa,
  clock: StatusPlaces['clock'],
  port: number,
): Promise<{ readonly ocsp: OcspResponder; readonly worker: WorkerSeat }> {
  const { ocsp: policy } = policies.schedule;
  const home = join(settings.home, 'responder');
  const passphraseFile = join(home, 'passphrase');
  mkdirSync(home, { recursive: true });
  makePassphrase(passphraseFile);
  const publicKey = toHex(await firstResponderKey({ home, passphraseFile }));
  await terminal.anchors.signers.add(2, { publicKey });
  const ocsp = await openOcspResponder({ store, home, passphraseFile, policy, clock, log: silentLog });
  const place = { home, passphraseFile };
  return new Promise(resolve => {
    const say = (): void => resolve({ ocsp, worker });
    const worker = openWorker({ place, policy, port, prefix: '/', clock, log: silentLog, say });
    worker.take({ is: 'news', desks: ocsp.news() });
  });
}
