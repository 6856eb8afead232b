import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { confirmEnrolment, founderLinks } from '../../ca-core/console.ts';
import { enrolmentMac, openDatabase, openStore, type Credential, type Store } from '../../ca-core/index.ts';
import { withConsole } from '../ca-console.ts';
import { ceremony } from '../ceremony.ts';
import { createSoftwareAuthenticator } from '../demo/software-authenticator.ts';
import { launch, type Launched } from '../launch.ts';
import { freePorts } from '../ports.ts';
import { prepare } from '../prepare.ts';
import { readSettings, settingOf, type ServiceName, type Settings } from '../settings.ts';
import type { Approver } from './approved-orders.ts';

/** A platform in a temporary home, made as every home is, with two officers on its roll; services start one by one. */
export interface Ground {
  readonly settings: Settings;
  readonly database: Knex;
  /** SHA-256 of the issuing CA's SubjectPublicKeyInfo, hex. */
  readonly ca: string;
  readonly approvers: readonly Approver[];
  readonly launch: (name: ServiceName) => Launched;
  readonly close: () => Promise<void>;
}

export interface GroundWish {
  /** Settings beside the home and the ports. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What shall be there before the ceremony. */
  readonly before?: (settings: Settings) => Promise<void>;
  /** The ceremony, where another one than npm start's is wanted. */
  readonly hold?: (settings: Settings, store: Store) => Promise<readonly string[] | undefined>;
}

export async function openGround({ environment = {}, before, hold = ceremony }: GroundWish = {}): Promise<Ground> {
  const home = mkdtempSync(join(tmpdir(), 'kakuin-bench-'));
  const whole = readSettings({ KAKUIN_HOME: home, ...(await ownPorts()), ...environment });
  await before?.(whole);
  const silent = { step: () => undefined, tell: () => undefined };
  await prepare(whole, silent, store => hold(whole, store));
  const settings = withoutBackups(whole);
  const approvers = await enrolFounders(settings);
  const database = openDatabase(settingOf(settings, 'KAKUIN_DATABASE'));
  const log = createWriteStream(join(home, 'logs', 'services.log'));
  const close = async (): Promise<void> => {
    await database.destroy();
    await new Promise<void>(resolve => log.end(resolve));
    rmSync(home, { recursive: true, force: true });
  };
  const ca = (await openStore(database).issuers.list()).find(({ name }) => name === 'issuing')?.id ?? '';
  return { settings, database, ca, approvers, launch: name => launch(name, settings, log), close };
}

/** The first backup is due at once, the next in an hour: by chance one figure would meet it and another not. */
function withoutBackups(settings: Settings): Settings {
  const kept = Object.entries(settings.values).filter(([name]) => !name.startsWith('KAKUIN_BACKUP'));
  return { ...settings, values: Object.fromEntries(kept) };
}

async function ownPorts(): Promise<Record<string, string>> {
  const names = ['PORTAL', 'OCSP', 'CRL', 'APPROVAL', 'MONITOR'];
  const ports = await freePorts(names.length);
  return Object.fromEntries(names.map((name, index) => [`KAKUIN_${name}_PORT`, String(ports[index])]));
}

/** As the pages do it, without the pages: register under the links, confirm at the console. */
async function enrolFounders(settings: Settings): Promise<readonly Approver[]> {
  return withConsole(settings, async console => {
    const approvers: Approver[] = [];
    for (const { invitationId, memberId, secret } of await founderLinks(console)) {
      const person = { name: memberId, mailbox: `${memberId}@kakuin.example` };
      const authenticator = createSoftwareAuthenticator();
      for (const use of ['signIn', 'approve'] as const) {
        const registered = authenticator.create(relyingParty(settings, use));
        const claim = { ...registered, ...person, invitationId, use };
        const mac = enrolmentMac(Buffer.from(secret, 'hex'), claim);
        await console.store.enrolments.add({ ...claim, mac, at: console.clock.now() });
        if (use === 'approve') approvers.push({ memberId, authenticator, credentialId: registered.credentialId });
      }
      await confirmEnrolment(console, invitationId);
    }
    return approvers;
  });
}

function relyingParty(settings: Settings, use: Credential['use']): { readonly rpId: string; readonly origin: string } {
  const origin = settingOf(settings, use === 'approve' ? 'KAKUIN_APPROVAL_URL' : 'KAKUIN_PORTAL_URL');
  return { rpId: new URL(origin).hostname, origin };
}
