import { join, resolve } from 'node:path';
import { PkiError } from '../ca-core/errors.ts';
import { projectRoot } from '../ca-core/project-root.ts';

/** The programs of the platform, in the order in which they start; the folder is the name. */
export const serviceNames = [
  'ca-core',
  'crl-publisher',
  'ocsp-responder',
  'approval-desk',
  'ra-portal',
  'monitor',
] as const;
export type ServiceName = (typeof serviceNames)[number];

/** What the environment says, completed for development: every service reads a whole environment and has no defaults. */
export interface Settings {
  /** Absolute folder with everything the platform keeps. */
  readonly home: string;
  /** Every KAKUIN_* setting by its name. */
  readonly values: Readonly<Record<string, string>>;
  /** KAKUIN_*_PORT → port. */
  readonly ports: ReadonlyMap<string, number>;
}

/** Where the monitor shows its figures, to this machine alone. */
const monitorPort = 8084;

type Environment = Readonly<Record<string, string | undefined>>;

const addresses = [
  { name: 'PORTAL', port: 8080, host: 'localhost' },
  { name: 'OCSP', port: 8081, host: 'localhost' },
  { name: 'CRL', port: 8082, host: 'localhost' },
  { name: 'APPROVAL', port: 8083, host: 'approve.localhost' },
] as const;

/** Completes the KAKUIN_* settings. Throws settingsInvalid with every mistake in `values.mistakes`, each a sentence. */
export function readSettings(environment: Environment): Settings {
  const home = resolve(environment.KAKUIN_HOME ?? join(projectRoot, 'var'));
  const given = Object.entries(environment).filter(([name]) => name.startsWith('KAKUIN_'));
  const values = { ...places(home), ...addressValues(environment), ...definedOnly(given), KAKUIN_HOME: home };
  const names = [...addresses.map(({ name }) => name), 'MONITOR'];
  const ports = new Map(names.map(name => portOf(values, `KAKUIN_${name}_PORT`)));
  const mistakes = [...portMistakes(ports, values), ...urlMistakes(values)];
  if (mistakes.length > 0) throw new PkiError('settingsInvalid', { mistakes });
  return { home, values, ports };
}

/** The setting of that name, which readSettings has completed. */
export function settingOf(settings: Settings, name: string): string {
  const value = settings.values[name];
  if (value === undefined) throw new PkiError('settingsInvalid', { mistakes: [`${name} is missing.`] });
  return value;
}

/** The environment for one service: the responder's key and its passphrase are its own. */
export function environmentOf(settings: Settings, service: ServiceName): Record<string, string> {
  const own =
    service === 'ocsp-responder' ? { KAKUIN_PASSPHRASE_FILE: join(settings.home, 'responder', 'passphrase') } : {};
  return { ...settings.values, ...own };
}

function places(home: string): Record<string, string> {
  return {
    KAKUIN_DATABASE: join(home, 'kakuin.db'),
    KAKUIN_POLICIES: join(projectRoot, 'policies'),
    KAKUIN_PASSPHRASE_FILE: join(home, 'passphrase'),
    KAKUIN_CA_KEYS: 'file',
    KAKUIN_OCSP_KEYS: 'file',
    KAKUIN_BACKUP: join(home, 'backup'),
    KAKUIN_BACKUP_KEY: join(home, 'backup.pub'),
    KAKUIN_MAIL: `folder:${join(home, 'mail')}`,
    KAKUIN_ROBINS: 'snapshot',
    KAKUIN_NTA: 'snapshot',
    // Without a default: KAKUIN_STATION_MODULE (of PKCS#11), KAKUIN_STATION_SO_PIN_FILE (of tokens as they come).
    KAKUIN_STATION_HOME: join(home, 'station'),
    KAKUIN_STATION_PASSPHRASE_FILE: join(home, 'station', 'passphrase'),
    KAKUIN_MONITOR_PORT: String(monitorPort),
  };
}

function addressValues(environment: Environment): Record<string, string> {
  const pairs = addresses.flatMap(({ name, port, host }) => {
    const chosen = environment[`KAKUIN_${name}_PORT`] ?? String(port);
    return [
      [`KAKUIN_${name}_PORT`, chosen],
      [`KAKUIN_${name}_URL`, `http://${host}:${chosen}`],
    ];
  });
  return Object.fromEntries(pairs) as Record<string, string>;
}

function definedOnly(entries: readonly [string, string | undefined][]): Record<string, string> {
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function portOf(values: Readonly<Record<string, string>>, name: string): [string, number] {
  const text = values[name] ?? '';
  return [name, /^[0-9]{1,5}$/.test(text) ? Number(text) : NaN];
}

function portMistakes(ports: ReadonlyMap<string, number>, values: Readonly<Record<string, string>>): string[] {
  const mistakes: string[] = [];
  const seen = new Map<number, string>();
  for (const [name, port] of ports) {
    const other = seen.get(port);
    if (!(port >= 1 && port <= 65_535)) {
      mistakes.push(`${name} must be a port from 1 to 65535, not "${values[name] ?? ''}".`);
    } else if (other !== undefined) {
      mistakes.push(`${name} and ${other} are both ${port}; each service needs a port of its own.`);
    }
    seen.set(port, name);
  }
  return mistakes;
}

function urlMistakes(values: Readonly<Record<string, string>>): string[] {
  return addresses.flatMap(({ name }) => {
    const setting = `KAKUIN_${name}_URL`;
    const text = values[setting] ?? '';
    const sentence = urlMistake(text, name === 'PORTAL' || name === 'APPROVAL');
    // A port that is no port makes the default URL wrong too, and has been named already.
    const isDefault = text.endsWith(`:${values[`KAKUIN_${name}_PORT`] ?? ''}`);
    return sentence === undefined || isDefault ? [] : [`${setting} ${sentence}, not "${text}".`];
  });
}

function urlMistake(text: string, passkeys: boolean): string | undefined {
  if (!URL.canParse(text)) return 'must be a URL such as http://localhost:8080';
  const { protocol, hostname, pathname, search, hash } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') return 'must begin with http:// or https://';
  if (text.endsWith('/') || pathname !== '/' || search !== '' || hash !== '') return 'must be an origin without a path';
  const isAddress = /^[0-9.]+$/.test(hostname) || hostname.startsWith('[');
  return passkeys && isAddress ? 'must have a host name, since passkeys refuse IP addresses' : undefined;
}
