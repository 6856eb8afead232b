/** Each failure, caused for real, and mended. */
import { pidsOf } from '../../scripts/bench/running.ts';
import { people, type DegradableWorld, type Served } from './a-world.ts';
import type { Failure } from './matrix.ts';

export interface Failing {
  readonly begin: () => void | Promise<void>;
  readonly mend: () => void | Promise<void>;
}

/** More than the clock may jump before nothing is dated by it (policies/schedule.yaml), less than a CRL is good for. */
const jump = 2 * 86_400;

export function failingOf(world: DegradableWorld, failure: Failure): Failing {
  const { server, hsm, mail, registers, disks, shiftClock } = world;
  switch (failure) {
    case 'database':
      return { begin: () => server.stop('crash'), mend: server.start };
    case 'token':
      return { begin: () => hsm.spoil('removed'), mend: hsm.mend };
    case 'mail':
      return { begin: mail.goAway, mend: mail.comeBack };
    case 'register':
      return { begin: registers.fail, mend: registers.mend };
    case 'auditDisk':
      return { begin: () => disks.audit.fill(), mend: disks.audit.free };
    case 'dataDisk':
      return { begin: () => disks.home.fill(), mend: disks.home.free };
    case 'clock':
      return { begin: () => shiftClock(jump), mend: () => shiftClock(0) };
    case 'ca-core':
    case 'ra-portal':
    case 'approval-desk':
    case 'ocsp-responder':
    case 'crl-publisher':
      return { begin: () => killed(world, failure), mend: () => world.start(failure) };
  }
}

async function killed({ running }: DegradableWorld, name: Served): Promise<void> {
  signal(name, 'SIGKILL');
  await running.get(name)?.ended;
}

/** To every program of a service that this test started. */
export function signal(name: Served, what: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
  for (const pid of pidsOf(new RegExp(`dist/${name}/main\\.js`))) process.kill(pid, what);
}

export const isService = (failure: Failure): failure is Served & Failure => people.some(name => name === failure);
