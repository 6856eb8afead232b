/** Programs that read a PKCS#12 with its password, each with an implementation of its own. */
import { existsSync } from 'node:fs';
import { judge } from './openssl.ts';

/** What a reader tells of a PKCS#12; throws where it does not open. */
export type Pkcs12Reader = (pkcs12: Uint8Array, password: string) => string;

interface Program {
  readonly name: string;
  /** The Debian package that it comes in. */
  readonly debian: string;
}

function run({ name, debian }: Program, args: readonly string[], pkcs12: Uint8Array): string {
  if (!existsSync(`/usr/bin/${name}`)) throw new Error(`${name} is missing: please install ${debian}.`);
  const program = name === 'pk12util' ? 'sh' : name;
  return judge(program, args, { p: pkcs12 }).toString('utf8');
}

/** NSS wants a folder of its own to read into: key and certificates are imported and listed. */
const nss = (password: string): string =>
  [
    'mkdir db',
    'certutil -N -d sql:db --empty-password',
    `pk12util -l p -d sql:db -W '${password}'`,
    `pk12util -i p -d sql:db -K '' -W '${password}'`,
    'certutil -K -d sql:db',
  ].join(' && ');

/** By the name of whoever wrote it. */
export const pkcs12Readers: Readonly<Record<string, Pkcs12Reader>> = {
  OpenSSL: (pkcs12, password) => {
    const args = ['pkcs12', '-in', 'p', '-nodes', '-passin', `pass:${password}`];
    return run({ name: 'openssl', debian: 'openssl' }, args, pkcs12);
  },
  NSS: (pkcs12, password) => run({ name: 'pk12util', debian: 'libnss3-tools' }, ['-c', nss(password)], pkcs12),
  GnuTLS: (pkcs12, password) => {
    const args = ['--p12-info', '--inder', '--infile', 'p', '--password', password];
    return run({ name: 'certtool', debian: 'gnutls-bin' }, args, pkcs12);
  },
  Java: (pkcs12, password) => {
    const args = ['-list', '-v', '-keystore', 'p', '-storetype', 'PKCS12', '-storepass', password];
    return run({ name: 'keytool', debian: 'default-jre-headless' }, args, pkcs12);
  },
};
