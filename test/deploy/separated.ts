/** The whole platform as production has it: a system user, a database role and a network namespace for each service. */
import { execFile, spawn, spawnSync, type ChildProcess, type SpawnSyncReturns } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { freePorts } from '../../scripts/ports.ts';
import { readSettings, serviceNames, type ServiceName, type Settings } from '../../scripts/settings.ts';
import { compiled } from '../support/compiled.ts';
import { account, startPostgres } from '../support/postgres.ts';
import { anEmptyRoot, type EmptyRoot } from './an-empty-root.ts';
import { aCabledNetwork, aDoor, aSealedNetwork, type Network } from './networks.ts';

export interface Separated {
  readonly settings: Settings;
  readonly root: EmptyRoot;
  readonly networks: ReadonlyMap<ServiceName, Network>;
  /** Each service's program. */
  readonly running: ReadonlyMap<ServiceName, ChildProcess>;
  /** Its database by its own role, over TCP for the test. */
  readonly databaseOf: (service: ServiceName) => string;
  /** The same as the owner of everything. */
  readonly owner: string;
  /** Runs a program as that service's user in its network. */
  readonly as: (service: ServiceName, ...words: string[]) => SpawnSyncReturns<string>;
  readonly console: (...words: string[]) => Promise<string>;
  /** Ends the services; what they leave stays to be looked at. */
  readonly stop: () => Promise<void>;
  readonly end: () => Promise<void>;
}

const addresses = ['PORTAL', 'OCSP', 'CRL', 'APPROVAL'] as const;
const addressOf: Readonly<Record<(typeof addresses)[number], ServiceName>> = {
  PORTAL: 'ra-portal',
  OCSP: 'ocsp-responder',
  CRL: 'crl-publisher',
  APPROVAL: 'approval-desk',
};

export async function startSeparated(): Promise<Separated> {
  compiled('scripts/kakuin.ts');
  const root = anEmptyRoot();
  const sockets = join(root.folder, 'run', 'postgresql');
  mkdirSync(sockets, { mode: 0o755 });
  chownSync(sockets, account.uid ?? 0, account.gid ?? 0);
  const server = await startPostgres(sockets);
  const owner = await server.database();
  const settings = await settingsIn(root, owner);
  const kakuin = (words: readonly string[], as: readonly string[], change: Record<string, string> = {}) =>
    promisify(execFile)(as[0] ?? '', [...as.slice(1), join(root.program, 'dist/scripts/kakuin.js'), ...words], {
      env: { ...process.env, ...settings.values, ...change },
    }).then(({ stdout }) => stdout);
  const node = [process.execPath];
  await kakuin(['database', 'migrate'], node);
  const passwords = join(root.folder, 'etc/kakuin/credentials');
  const granted = await kakuin(['database', 'grant', '--passwords', passwords, '--json'], node);
  const urls = new Map(
    (JSON.parse(granted) as { service: string; url: string }[]).map(({ service, url }) => [service, url]),
  );
  await kakuin(['ceremony'], node);
  root.setOwners();
  const operator = { KAKUIN_DATABASE: operatorUrl(root, passwords, urls.get('operator') ?? '') };
  const place = { root, settings, urls, sockets, passwords };
  const networks = new Map(
    serviceNames.map(name => [name, name === 'ca-core' ? aSealedNetwork() : aCabledNetwork()] as const),
  );
  const running = new Map<ServiceName, ChildProcess>();
  for (const name of serviceNames) {
    const network = networks.get(name);
    if (network !== undefined) running.set(name, await started(name, network, place));
  }
  const doors = await Promise.all(
    addresses.map(one =>
      aDoor(settings.ports.get(`KAKUIN_${one}_PORT`) ?? 0, networks.get(addressOf[one])?.address ?? ''),
    ),
  );
  const stop = async (): Promise<void> => {
    for (const child of running.values()) child.kill('SIGTERM');
    for (const child of running.values()) if (child.exitCode === null) await once(child, 'exit');
  };
  return {
    ...{ settings, root, networks, running, owner, stop },
    databaseOf: service => urls.get(service) ?? '',
    as: (service, ...words) =>
      spawnSync('ip', ['netns', 'exec', networks.get(service)?.name ?? '', ...asUser(root, service), ...words], {
        encoding: 'utf8',
      }),
    console: (...words) => {
      const group = root.idOf('kakuin-operator');
      return kakuin(words, [...asUser(root, 'ca-core', group), ...node], operator);
    },
    end: async () => {
      await stop();
      for (const door of doors) door.close();
      for (const network of networks.values()) network.end();
      await server.end();
      root.end();
    },
  };
}

/** Its password lies where the group kakuin-operator alone reads it. */
function operatorUrl(root: EmptyRoot, passwords: string, text: string): string {
  const file = join(root.folder, 'etc/kakuin/operator.password');
  copyFileSync(join(passwords, 'operator.password'), file);
  chownSync(file, 0, root.idOf('kakuin-operator'));
  chmodSync(file, 0o640);
  const url = new URL(text);
  url.searchParams.set('passwordfile', file);
  return url.href;
}

async function settingsIn(root: EmptyRoot, owner: string): Promise<Settings> {
  const home = join(root.folder, 'var/lib/kakuin');
  const mail = join(root.folder, 'var/mail');
  mkdirSync(mail, { recursive: true });
  chownSync(mail, root.idOf('kakuin-ra-portal'), root.idOf('kakuin-ra-portal'));
  const ports = await freePorts(addresses.length);
  return readSettings({
    ...Object.fromEntries(addresses.map((name, index) => [`KAKUIN_${name}_PORT`, String(ports[index])])),
    KAKUIN_HOME: home,
    KAKUIN_POLICIES: join(root.program, 'policies'),
    KAKUIN_DATABASE: owner,
    KAKUIN_PASSPHRASE_FILE: join(root.folder, 'etc/kakuin/credentials/ca-core.passphrase'),
    KAKUIN_MAIL: `folder:${mail}`,
  });
}

/** The words that run a program as a service's user, with no right that its unit does not give it. */
function asUser(root: EmptyRoot, service: ServiceName, ...more: readonly number[]): string[] {
  const id = String(root.idOf(`kakuin-${service}`));
  const groups = [...root.groupsOf(`kakuin-${service}`), ...more];
  return [
    'setpriv',
    '--reuid',
    id,
    '--regid',
    id,
    ...(groups.length === 0 ? ['--clear-groups'] : ['--groups', groups.join(',')]),
    '--no-new-privs',
    '--inh-caps=-all',
    '--bounding-set=-all',
  ];
}

interface Place {
  readonly root: EmptyRoot;
  readonly settings: Settings;
  readonly urls: ReadonlyMap<string, string>;
  readonly sockets: string;
  readonly passwords: string;
}

/** What LoadCredential= does: a copy that only this service's user reads. */
function credential(root: EmptyRoot, service: ServiceName, file: string, name: string): string {
  const folder = join(root.folder, 'run/credentials', service);
  mkdirSync(folder, { recursive: true });
  const id = root.idOf(`kakuin-${service}`);
  copyFileSync(file, join(folder, name));
  for (const one of [join(folder, name), folder]) chownSync(one, id, id);
  chmodSync(folder, 0o500);
  return join(folder, name);
}

async function started(name: ServiceName, network: Network, place: Place): Promise<ChildProcess> {
  const { root, settings, urls, sockets, passwords } = place;
  const url = new URL(urls.get(name) ?? '');
  const database = new URL(`postgres://${url.username}@${encodeURIComponent(sockets)}:${url.port}${url.pathname}`);
  database.searchParams.set('passwordfile', credential(root, name, join(passwords, `${name}.password`), 'database'));
  const passphrases: Partial<Record<ServiceName, string>> = {
    'ca-core': join(passwords, 'ca-core.passphrase'),
    'ocsp-responder': join(settings.home, 'responder/passphrase'),
  };
  const passphrase = passphrases[name];
  const own = passphrase === undefined ? '/nowhere' : credential(root, name, passphrase, 'passphrase');
  const words = [...asUser(root, name), process.execPath, `dist/${name}/main.js`];
  const child = spawn('ip', ['netns', 'exec', network.name, ...words], {
    cwd: root.program,
    env: { ...settings.values, KAKUIN_DATABASE: database.href, KAKUIN_PASSPHRASE_FILE: own },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', line => {
      if (line.startsWith(`${name} ready`)) resolve();
    });
    child.once('exit', code => reject(new Error(`${name} ended with ${String(code)}`)));
  });
  return child;
}
