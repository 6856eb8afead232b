/** A SoftHSM2 token of one test's own, which can be spoiled, taken away and given back. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import graphene from 'graphene-pk11';
import { projectRoot } from '../../ca-core/project-root.ts';
import { compiled } from './compiled.ts';

const softHsmModule = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/local/lib/softhsm/libsofthsm2.so'];

/** What the shim can be told: every word until it is taken back, `drop` (all sessions) and `stale` (a handle) once. */
export type Spoiling = 'hang' | 'hang in sign' | 'crash' | 'removed' | 'drop' | 'stale';

export interface SoftHsm {
  readonly pinFile: string;
  /** SoftHSM itself, or the shim around it. */
  readonly module: string;
  readonly uri: (token?: string) => string;
  readonly addToken: (label: string) => void;
  /** Through the shim only. */
  readonly spoil: (how: Spoiling) => void;
  readonly mend: () => void;
  /** How often PINs and signatures came through the shim. */
  readonly count: (what: 'login' | 'sign') => number;
  /** Takes all tokens out of their slots, as SoftHSM sees it, until they are put back. */
  readonly unplug: () => void;
  /** Puts back what was unplugged, in place of what is there. */
  readonly plugIn: () => void;
  /** Another token of the same name, empty, where the unplugged one was. */
  readonly remake: () => void;
  /** A configuration in which this token is the only one: p11tool looks at no more than a few dozen. */
  readonly alone: (serial: string) => string;
  readonly end: () => void;
}

/** The token's program runs compiled, also under a test. */
let program: string | undefined;

export const pin = '4711-token';

/** A folder with one token, called `kakuin`, and the program through which the CA core uses it. */
export function softHsm(kind: 'bare' | 'shim' = 'bare'): SoftHsm {
  program ??= compiled('ca-core/keys/pkcs11-program.ts');
  return softHsmTokens(kind);
}

/** The token alone; SOFTHSM2_CONF of this process leads to it. */
export function softHsmTokens(kind: 'bare' | 'shim' = 'bare'): SoftHsm {
  const bare = softHsmModule.find(existsSync);
  if (bare === undefined) throw new Error('SoftHSM2 is missing: please install softhsm2 (apt-get install softhsm2).');
  const folder = mkdtempSync(join(tmpdir(), 'kakuin-token-'));
  const [tokens, away, pinFile] = [join(folder, 'tokens'), join(folder, 'away'), join(folder, 'pin')];
  const [control, tries] = [join(folder, 'control'), join(folder, 'tries')];
  mkdirSync(tokens);
  writeFileSync(pinFile, `${pin}\n`, { mode: 0o600 });
  const configuration = join(folder, 'softhsm2.conf');
  const configure = (at: string): string =>
    `directories.tokendir = ${at}\nobjectstore.backend = file\nlog.level = ERROR\n`;
  writeFileSync(configuration, configure(tokens));
  process.env.SOFTHSM2_CONF = configuration;
  const addToken = (label: string): void => {
    const words = ['--init-token', '--free', '--label', label, '--so-pin', '12345678', '--pin', pin];
    execFileSync('softhsm2-util', words, { stdio: 'pipe' });
  };
  addToken('kakuin');
  const module = kind === 'bare' ? bare : compileShim({ folder, module: bare, control, tries });
  return {
    pinFile,
    module,
    uri: (token = 'kakuin') => `pkcs11:token=${token}?module-path=${module}&pin-source=file:${pinFile}`,
    addToken,
    spoil: how => {
      writeFileSync(`${control}.new`, how);
      renameSync(`${control}.new`, control);
    },
    mend: () => rmSync(control, { force: true }),
    count: what =>
      (existsSync(tries) ? readFileSync(tries, 'utf8') : '').split('\n').filter(line => line === what).length,
    unplug: () => renameSync(tokens, away),
    plugIn: () => {
      rmSync(tokens, { recursive: true, force: true });
      renameSync(away, tokens);
    },
    remake: () => {
      mkdirSync(tokens);
      addToken('kakuin');
    },
    alone: serial => {
      const own = readdirSync(tokens).find(name => name.replaceAll('-', '').endsWith(serial)) ?? '';
      cpSync(join(tokens, own), join(folder, 'alone', own), { recursive: true });
      writeFileSync(`${configuration}.alone`, configure(join(folder, 'alone')));
      return `${configuration}.alone`;
    },
    end: () => rmSync(folder, { recursive: true, force: true }),
  };
}

interface ShimParts {
  readonly folder: string;
  readonly module: string;
  readonly control: string;
  readonly tries: string;
}

function compileShim({ folder, module, control, tries }: ShimParts): string {
  const shim = join(folder, 'shim.so');
  const names = Object.entries({ MODULE: module, CONTROL: control, TRIES: tries });
  execFileSync('gcc', [
    ...['-shared', '-fPIC', '-O1', '-Wall', '-o', shim, join(projectRoot, 'test', 'support', 'pkcs11-shim.c')],
    ...['-I', join(projectRoot, 'node_modules', 'pkcs11js', 'includes', 'pkcs11')],
    ...names.map(([name, path]) => `-D${name}="${path}"`),
    '-ldl',
  ]);
  return shim;
}

/** Many tokens as they come from their maker, made in one go; the module must not be open in this process. */
export function addBlankTokens(modulePath: string, count: number, soPin: string): void {
  const module = graphene.Module.load(modulePath);
  module.initialize({ flags: 2 });
  for (let number = 0; number < count; number++) {
    const free = Array.from(module.getSlots(true)).find(slot => slot.getToken().serialNumber === '');
    if (free === undefined) throw new Error('SoftHSM has no free slot');
    free.lib.C_InitToken(free.handle, soPin, 'blank'.padEnd(32));
  }
  module.finalize();
}
