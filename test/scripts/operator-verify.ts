/** What `kakuin verify` says of certificates, messages and key files: whether they hold, and after a revocation that they do not. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { settle } from '../support/a-ca.ts';
import { runScript, type Outcome } from './compiled.ts';
import type { AnOperator } from './support/an-operator.ts';

/** With the operator's certificate exported to `own.cer`; the last of the tests revokes it. */
export function describeVerify(operator: AnOperator): void {
  const { inFolder, ssl, kakuin, json } = operator;

  describe('kakuin verify', () => {
    const judgeBy = (...words: string[]): Outcome =>
      kakuin('verify', ...words, '--crl', `${inFolder('issuing.crl')},${inFolder('root.crl')}`, '--offline', '--json');
    const verdict = (...words: string[]): unknown => JSON.parse(judgeBy(...words).stdout);

    beforeAll(() => {
      ssl('x509 -inform der -in own.cer -out own.pem');
      ssl('x509 -inform der -in issuing.cer -out issuing.pem');
      ssl('smime -sign -in letter -signer own.pem -inkey key.pem -certfile issuing.pem -out mail.eml');
      ssl('cms -sign -binary -nodetach -in letter -signer own.pem -inkey key.pem -outform DER -out message.p7m');
      ssl('cms -sign -binary -in letter -signer own.pem -inkey key.pem -outform PEM -out detached.p7s');
      ssl('pkcs12 -export -in own.pem -inkey key.pem -certfile issuing.pem -passout file:password -out own.p12');
      ssl('req -x509 -newkey rsa:2048 -nodes -keyout other.key -subj /CN=Other -days 2 -out other.pem');
    });

    it('judges a certificate: chain, status, policy and the page of the register', () => {
      expect(verdict(inFolder('own.cer'), '--policy', '1.2.392.200063.30.5300')).toMatchObject({
        holds: true,
        kind: 'certificate',
        certificates: [
          {
            register: {
              kind: 'page',
              url: expect.stringMatching(/^https:\/\/robins\.jipdec\.or\.jp\/Key\.do\?\d{16}&J=1$/) as string,
            },
            profiles: expect.arrayContaining(['jcan-classic']) as string[],
            standings: [{ status: 'good' }, { status: 'good' }],
          },
        ],
      });
    });

    it.each([
      ['an S/MIME mail', ['mail.eml'], 'message'],
      ['a CMS message', ['message.p7m'], 'message'],
      ['a detached signature', ['detached.p7s', '--content', 'letter'], 'message'],
      ['a PKCS#12', ['own.p12', '--password-file', 'password'], 'pkcs12'],
    ])('judges %s', (_, words, kind) => {
      expect(verdict(...words.map(word => (word.startsWith('--') ? word : inFolder(word))))).toMatchObject({
        holds: true,
        kind,
        faults: [],
        certificates: [{ holds: true }],
      });
    });

    it('needs no CA where a root is given', () => {
      const words = [
        'verify',
        inFolder('own.pem'),
        '--root',
        inFolder('root.cer'),
        '--issuer',
        inFolder('issuing.cer'),
        '--offline',
      ];
      const crls = ['--crl', `${inFolder('issuing.crl')},${inFolder('root.crl')}`];
      const outcome = runScript('kakuin.js', [...words, ...crls], { KAKUIN_HOME: inFolder('empty') });
      expect(outcome.stdout).toContain('It holds.');
      expect(outcome.status).toBe(0);
      expect(existsSync(inFolder('empty'))).toBe(false);
    });

    it('refuses a changed mail, a foreign certificate, a policy that is missing and a status that nobody tells', () => {
      const mail = readFileSync(inFolder('mail.eml'), 'utf8');
      writeFileSync(inFolder('changed.eml'), mail.replace('Dear Sir', 'Dear Sirs'));
      const faulty = (...words: string[]): unknown => {
        const { certificates, faults } = verdict(...words) as {
          faults: string[];
          certificates: { faults: string[] }[];
        };
        return [...faults, ...certificates.flatMap(one => one.faults)];
      };
      expect(judgeBy(inFolder('changed.eml'))).toMatchObject({ status: 1 });
      expect(faulty(inFolder('changed.eml'))).toEqual([expect.stringContaining('digest')]);
      expect(faulty(inFolder('other.pem'))).toEqual(['no trusted root CA stands above it']);
      expect(faulty(inFolder('own.cer'), '--policy', '2.999.1')).toEqual(['it lacks the policy 2.999.1']);
      const silent = kakuin('verify', inFolder('own.cer'), '--offline');
      expect(silent.stdout).toMatch(/status of .*: unknown/);
      expect(silent.status).toBe(1);
    });

    it('sees a revocation', async () => {
      const core = await operator.ca.open();
      const written = json('revoke', operator.serial, '--reason', 'keyCompromise') as { digest: string; link: string };
      expect(written.link).toBe(`http://approve.localhost:8083/documents/${written.digest}`);
      const document = (await operator.ca.store.documents.find(written.digest))?.document;
      if (document === undefined) throw new Error('no document');
      expect(json('certificates', 'show', operator.serial)).toMatchObject({ state: 'good' });
      const at = operator.ca.clock.now();
      await operator.ca.store.approvals.record({
        digest: written.digest,
        at,
        ...operator.ca.officers[0].approve(document),
      });
      await new Promise(resolve => setTimeout(resolve, 6000));
      await settle(core);
      await core.close();
      writeFileSync(inFolder('issuing.crl'), (await operator.ca.store.crls.newest(operator.ca.ca))?.crl ?? '');
      expect(json('certificates', 'show', operator.serial)).toMatchObject({ state: 'revoked' });
      expect(verdict(inFolder('own.cer'))).toMatchObject({
        holds: false,
        certificates: [{ standings: [{ status: 'revoked' }, {}] }],
      });
      expect(kakuin('revoke', operator.serial, '--reason', 'superseded').stderr).toMatch(/revoked already/);
    });
  });
}
