import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './run.mjs';
import { Stop } from './say.mjs';

/** A package, a file or a program by which one sees that it is there, and what it shall be told before it asks. */
const known = {
  chromium: { program: 'chromium' },
  'default-jre-headless': { program: 'keytool' },
  'fonts-noto-cjk': { file: '/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc' },
  'gnutls-bin': { program: 'certtool' },
  iproute2: { program: 'ip' },
  'libnss3-tools': { program: 'pk12util' },
  'libpcsclite-dev': { file: '/usr/include/PCSC/winscard.h' },
  // Started by the tests themselves, as their own account.
  nginx: { file: '/usr/sbin/nginx' },
  openssl: { program: 'openssl' },
  pcscd: { file: '/usr/sbin/pcscd' },
  // Only for the tests' own instances: no directory of the machine's is set up or started.
  slapd: { file: '/usr/sbin/slapd', answer: 'slapd slapd/no_configuration boolean true' },
  softhsm2: { program: 'softhsm2-util' },
  systemd: { program: 'systemd-analyze' },
  'vsmartcard-vpcd': { file: '/usr/lib/pcsc/drivers/serial/libifdvpcd.so' },
  wrk: { program: 'wrk' },
};

/** Installs the named Debian packages that are missing, where that is allowed; otherwise throws Stop saying what to install. */
export async function ensurePackages(names) {
  const missing = names.filter(name => !present(known[name]));
  if (missing.length === 0) return;
  const apt = aptGet();
  if (apt === undefined)
    throw new Stop(`Please install: ${missing.join(', ')} (Debian: apt-get install ${missing.join(' ')}).`);
  await installBy(apt, missing);
}

function present({ program, file }) {
  if (file !== undefined) return existsSync(file);
  return (process.env.PATH ?? '').split(delimiter).some(folder => existsSync(join(folder, program)));
}

/** The words that run apt-get with the right to install, or undefined. */
function aptGet() {
  if (!present({ program: 'apt-get' })) return undefined;
  if (process.getuid?.() === 0) return ['apt-get'];
  return spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n', 'apt-get'] : undefined;
}

async function installBy(apt, missing) {
  const [command, ...words] = apt;
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run(command, [...words, 'update', '-q'], { doing: 'Reading the Debian package lists', env });
  answerBeforehand(apt.slice(0, -1), missing);
  const doing = `Installing the Debian packages ${missing.join(', ')}`;
  const install = [...words, 'install', '-y', '-q', '--no-install-recommends', ...missing];
  const { code, output } = await run(command, install, { doing, env });
  if (code !== 0) throw new Stop(`${output}\nPlease install: ${missing.join(', ')}; apt-get failed as printed above.`);
}

/** Tells debconf what the packages shall not do by themselves; where it cannot be told they are installed all the same. */
function answerBeforehand(asRoot, names) {
  const answers = names.flatMap(name => known[name].answer ?? []);
  const [command, ...words] = [...asRoot, 'debconf-set-selections'];
  if (answers.length > 0) spawnSync(command, words, { input: answers.map(line => `${line}\n`).join('') });
}
