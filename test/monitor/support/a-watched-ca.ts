/** A whole CA whose services answer over HTTP, and monitors that look at it from outside. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../../ca-core/clock.ts';
import type { Light, OperationsPolicy, Picture, ReadingName } from '../../../ca-core/index.ts';
import { silentLog } from '../../../ca-core/log.ts';
import { openMonitor, type Monitor } from '../../../monitor/open-monitor.ts';
import type { MonitorParts } from '../../../monitor/parts.ts';
import type { MonitorSettings } from '../../../monitor/settings.ts';
import { freePorts } from '../../../scripts/ports.ts';
import { aCa, aClock, type ACa } from '../../support/a-ca.ts';
import { aStatusServices, type StatusServices } from '../../support/status-services.ts';
import { aFront, type Front } from './a-front.ts';
import { aTimeServer, type TimeServer } from './a-time-server.ts';

export interface WatchedCa {
  readonly ca: ACa;
  readonly clock: ReturnType<typeof aClock>;
  readonly services: StatusServices;
  readonly crl: Front;
  readonly ocsp: Front;
  readonly portal: Front;
  readonly time: TimeServer;
  readonly settings: MonitorSettings;
  /** A monitor that sees everything so many seconds later than it is, or by other rules. */
  readonly monitor: (wishes?: MonitorWishes) => Monitor;
  /** A backup that was made so many seconds ago. */
  readonly backUp: (ago: number) => void;
  /** All services say that they are well. */
  readonly beat: () => Promise<void>;
  readonly end: () => Promise<void>;
}

export interface MonitorWishes {
  readonly ahead?: number;
  readonly change?: Partial<MonitorSettings>;
  readonly bounds?: Partial<OperationsPolicy['readings']>;
  readonly rules?: Partial<OperationsPolicy>;
  readonly store?: MonitorParts['store'];
}

export async function aWatchedCa(): Promise<WatchedCa> {
  const clock = aClock();
  clock.pass(-900);
  const [ocspPort = 0, crlPort = 0] = await freePorts(2);
  const urls = { ocspUrl: `http://localhost:${ocspPort}`, crlUrl: `http://localhost:${crlPort}` };
  const ca = await aCa({ clock, urls });
  const services = await aStatusServices(ca, { clock, ocspPort, crlPort });
  await services.allTurn();
  const [crl, ocsp] = [await aFront(urls.crlUrl), await aFront(urls.ocspUrl)];
  const portal = await aFront(urls.crlUrl);
  const time = await aTimeServer();
  const home = mkdtempSync(join(tmpdir(), 'kakuin-monitor-'));
  const settings = settingsFor(ca, { home, crl, ocsp, portal, time });
  mkdirSync(settings.backup ?? '', { recursive: true });
  const backUp = (ago: number): void =>
    writeFileSync(join(settings.backup ?? '', 'last-backup.json'), JSON.stringify({ at: clock.now() - ago }));
  backUp(60);
  let count = 0;
  return {
    ...{ ca, clock, services, crl, ocsp, portal, time, settings, backUp },
    monitor: ({ ahead = 0, change = {}, bounds = {}, rules = {}, store = ca.store } = {}) => {
      const later: Clock = { now: () => clock.now() + ahead };
      const policy = { ...ca.policies.operations, ...rules };
      const readings = { ...policy.readings, ...bounds };
      return openMonitor({
        store,
        settings: { ...settings, home: join(home, String(count++)), ...change },
        policy: { ...policy, readings },
        clock: later,
        log: silentLog,
      });
    },
    beat: async () => {
      const seenAt = clock.now();
      for (const service of ['ca-core', 'crl-publisher', 'ocsp-responder', 'ra-portal'])
        await ca.store.states.beat({ service, state: 'green', detail: '', seenAt });
    },
    end: async () => {
      for (const front of [crl, ocsp, portal]) front.close();
      time.close();
      await services.close();
      await ca.end();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

interface Surroundings {
  readonly home: string;
  readonly crl: Front;
  readonly ocsp: Front;
  readonly portal: Front;
  readonly time: TimeServer;
}

const settingsFor = (ca: ACa, { home, crl, ocsp, portal, time }: Surroundings): MonitorSettings => ({
  home,
  database: ca.settings.database,
  policies: ca.settings.policies,
  urls: { crl: crl.url, ocsp: ocsp.url, portal: portal.url, approval: portal.url },
  address: '127.0.0.1',
  port: 0,
  tokenFile: undefined,
  webhook: undefined,
  timeSource: { host: '127.0.0.1', port: time.port },
  audit: { folder: join(ca.settings.home, 'ca', 'audit'), copy: undefined },
  backup: join(home, 'backup'),
  disks: [{ name: 'home', folder: tmpdir() }],
});

/** What a monitor sees in one round; where it has verified something beside it, in another. */
export async function seenBy(monitor: Monitor): Promise<Picture> {
  await monitor.round();
  await monitor.settled();
  await monitor.round();
  return monitor.picture();
}

export const lightOf = ({ readings }: Picture, name: ReadingName, subject = ''): Light | undefined =>
  readings.find(one => one.name === name && one.subject === subject)?.light;

/** As `crlAge issuing`. */
export const redIn = ({ readings }: Picture): string[] =>
  readings.filter(({ light }) => light === 'red').map(({ name, subject }) => `${name} ${subject}`.trim());
