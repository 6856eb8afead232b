/** A real slapd in a folder of its own, on free ports, as nobody in particular: gone with the test's process. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePorts } from '../../scripts/ports.ts';
import { account } from './postgres.ts';

const slapd = '/usr/sbin/slapd';
const suffix = 'dc=kakuin,dc=example';
const password = 'a password for the publisher';

export interface ADirectory {
  /** As KAKUIN_CRL_LDAP names it, spoken to by StartTLS or by TLS from the first octet. */
  readonly setting: (scheme: 'ldap' | 'ldaps') => string;
  readonly base: string;
  readonly passwordFile: string;
  readonly authoritiesFile: string;
  /** What slapcat, which reads the database itself, says of an attribute of an entry. */
  readonly octetsOf: (name: string, attribute: string) => Buffer | undefined;
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly end: () => Promise<void>;
}

/** The shell between us and slapd ends it when we end, however that is. */
const tether = `
"$0" -f "$1/slapd.conf" -h "$2" -d 0 >"$1/log" 2>&1 &
server=$!
read -r word; kill -INT $server; wait $server`;

export async function aDirectory(): Promise<ADirectory> {
  if (!existsSync(slapd)) throw new Error('slapd is missing: please install slapd (apt-get install slapd).');
  const folder = mkdtempSync(join(tmpdir(), 'kakuin-directory-'));
  const [base, bindName] = [`ou=ca,${suffix}`, `cn=publisher,${suffix}`];
  const passwordFile = join(folder, 'password');
  const authoritiesFile = join(folder, 'server.pem');
  lay(folder, bindName);
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  const [port = 0, securePort = 0] = await freePorts(2);
  const addresses = `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${securePort}`;
  const start = async (): Promise<ChildProcess> => {
    const child = spawn('sh', ['-c', tether, slapd, folder, addresses], {
      ...account,
      cwd: folder,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await answers(port, join(folder, 'log'));
    return child;
  };
  let running: ChildProcess | undefined = await start();
  const stop = async (): Promise<void> => {
    if (running === undefined) return;
    const ending = once(running, 'exit');
    running.stdin?.end();
    await ending;
    running = undefined;
  };
  return {
    base,
    passwordFile,
    authoritiesFile,
    setting: scheme => {
      const query = new URLSearchParams({ bindname: bindName, passwordfile: passwordFile, cafile: authoritiesFile });
      return `${scheme}://localhost:${scheme === 'ldap' ? port : securePort}/${base}?${query.toString()}`;
    },
    octetsOf: (name, attribute) => octetsIn(folder, name, attribute),
    stop,
    start: async () => {
      running = await start();
    },
    end: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Configuration, certificate and the first entries. Nobody may say a password in the clear; a mebibyte is enough; everybody may read. */
function lay(folder: string, bindName: string): void {
  mkdirSync(join(folder, 'db'));
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'server.key'];
  const words = ['req', '-x509', '-days', '2', ...key, ...subject, '-out', 'server.pem'];
  execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
  const configuration = `include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile ${folder}/server.pem
TLSCertificateKeyFile ${folder}/server.key
security simple_bind=112
sockbuf_max_incoming_auth 1048576
database mdb
suffix "${suffix}"
directory ${folder}/db
maxsize 268435456
access to attrs=userPassword by anonymous auth
access to dn.subtree="ou=ca,${suffix}" by dn.exact="${bindName}" write by * read
access to * by * read
`;
  writeFileSync(join(folder, 'slapd.conf'), configuration);
  const entries = `dn: ${suffix}
objectClass: dcObject
objectClass: organization
dc: kakuin
o: Kakuin

dn: ou=ca,${suffix}
objectClass: organizationalUnit

dn: ${bindName}
objectClass: applicationProcess
objectClass: simpleSecurityObject
userPassword: ${password}
`;
  writeFileSync(join(folder, 'entries.ldif'), entries);
  const { uid, gid } = account;
  chmodSync(folder, 0o755);
  chmodSync(join(folder, 'server.key'), 0o600);
  if (uid !== undefined && gid !== undefined)
    for (const name of ['', 'db', 'server.key']) chownSync(join(folder, name), uid, gid);
  execFileSync(slapd, ['-T', 'add', '-f', 'slapd.conf', '-l', 'entries.ldif'], { ...account, cwd: folder });
}

async function answers(port: number, log: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const socket = connect(port, '127.0.0.1');
    const isThere = await new Promise<boolean>(resolve => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (isThere) return;
    if (attempt > 400) throw new Error(`slapd does not start: ${readFileSync(log, 'utf8')}`);
    await pause(25);
  }
}

function octetsIn(folder: string, name: string, attribute: string): Buffer | undefined {
  const words = ['-T', 'cat', '-f', 'slapd.conf', '-o', 'ldif-wrap=no'];
  const text = execFileSync(slapd, words, { ...account, cwd: folder, maxBuffer: 1 << 28, stdio: 'pipe' }).toString();
  const [entry = ''] = text.split('\n\n').filter(one => one.startsWith(`dn: ${name}\n`));
  const found = entry.split('\n').filter(line => line.startsWith(`${attribute}:: `));
  if (found.length > 1) throw new Error(`${attribute} of ${name} has ${found.length} values`);
  return found[0] === undefined ? undefined : Buffer.from(found[0].slice(attribute.length + 3), 'base64');
}
