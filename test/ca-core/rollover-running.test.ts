import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activateIssuer } from '../../ca-core/ceremony/activate.ts';
import { crossStep, rootStep, type CeremonyGround } from '../../ca-core/ceremony/steps.ts';
import type { IssuerRow } from '../../ca-core/index.ts';
import { projectRoot } from '../../ca-core/project-root.ts';
import { readCertificate } from '../../ca-core/x509/certificate.ts';
import { encodePem } from '../../ca-core/x509/pem.ts';
import { publishCross } from '../../scripts/commands/cross.ts';
import { groundOf, holdWhole, unattended } from '../../scripts/ceremony.ts';
import { makeHome } from '../../scripts/home.ts';
import { freePorts } from '../../scripts/ports.ts';
import { readSettings, type Settings } from '../../scripts/settings.ts';
import { aCa, aClock, aRequestedKey, settle, type ACa } from '../support/a-ca.ts';
import { opensslRequest, opensslVerdict } from '../support/ocsp.ts';
import { openssl } from '../support/openssl.ts';
import { aSmallPki } from '../support/small-pki.ts';
import { aStatusServices, type StatusServices } from '../support/status-services.ts';

const clock = aClock();
clock.pass(-900);
let ca: ACa;
let settings: Settings;
let services: StatusServices;
let allTurn: StatusServices['allTurn'];
let [ocspPort, crlPort] = [0, 0];

beforeAll(async () => {
  ca = await aCa({ clock });
  [ocspPort = 0, crlPort = 0] = await freePorts(2);
  const { home, crlUrl, ocspUrl } = ca.settings;
  settings = readSettings({ KAKUIN_HOME: home, KAKUIN_CRL_URL: crlUrl, KAKUIN_OCSP_URL: ocspUrl });
  writeFileSync(join(home, 'root', 'passphrase'), 'the root passphrase', { mode: 0o600 });
  makeHome(settings);
  services = await aStatusServices(ca, { clock, ocspPort, crlPort });
  ({ allTurn } = services);
  await allTurn();
});
afterAll(async () => {
  await services.close();
  await ca.end();
});

async function issue(caseId: string, issuer: string): Promise<void> {
  await ca.approve(ca.aCase({ caseId, ca: issuer, subjectKey: aRequestedKey() }));
  await allTurn();
}

async function issuerCalled(name: string): Promise<IssuerRow> {
  const row = (await ca.store.issuers.list()).find(one => one.name === name);
  if (row === undefined) throw new Error(`no ${name}`);
  return row;
}

function planFor(change: (text: string) => string): CeremonyGround {
  const planFile = join(ca.settings.home, 'plan.yaml');
  writeFileSync(planFile, change(readFileSync(join(projectRoot, 'policies', 'ceremony.yaml'), 'utf8')));
  return { ...groundOf(settings, { planFile, part: 'all', confirm: unattended(() => undefined) }), clock };
}

async function aStranger(): Promise<{ readonly certificate: Uint8Array }> {
  return { certificate: (await aSmallPki()).root.der };
}

const published = async (path: string): Promise<Uint8Array> =>
  new Uint8Array(await (await fetch(`http://localhost:${crlPort}/${path}`)).arrayBuffer());
const pem = (der: Uint8Array): string => encodePem('CERTIFICATE', der);

/** What OpenSSL makes of OCSP and of the CRL, both got over HTTP. */
async function judged(caseId: string, issuerName: string): Promise<{ readonly ocsp: string; readonly crl: string }> {
  const row = await ca.store.certificates.ofCase(caseId);
  const own = await issuerCalled(issuerName);
  if (row?.issuer !== own.id) throw new Error(`${caseId} is not of ${issuerName}`);
  const [leaf, issuing] = [readCertificate(row.certificate), readCertificate(own.certificate)];
  const root = pem(await published('ca/root.cer'));
  const body = new Uint8Array(opensslRequest(issuing, [leaf]));
  const headers = { 'content-type': 'application/ocsp-request' };
  const answer = await fetch(`http://localhost:${ocspPort}/`, { method: 'POST', headers, body });
  const octets = new Uint8Array(await answer.arrayBuffer());
  const told = opensslVerdict({ issuing, chain: root + pem(own.certificate) }, leaf, octets);
  const files = {
    root,
    own: pem(await published(`ca/${issuerName}.cer`)),
    leaf: pem(row.certificate),
    crl: openssl(['crl', '-inform', 'der', '-in', 'c'], { c: await published(`crl/${issuerName}/0.crl`) }),
  };
  const at = ['-attime', String(clock.now() + 1)];
  const args = ['verify', ...at, '-crl_check', '-CRLfile', 'crl', '-CAfile', 'root', '-untrusted', 'own', 'leaf'];
  try {
    return { ocsp: told, crl: openssl(args, files) };
  } catch (error) {
    return { ocsp: told, crl: String(error) };
  }
}

const isGood = { ocsp: expect.stringMatching(/Response verify OK[\s\S]*: good/) as string, crl: 'leaf: OK\n' };
const isRevoked = {
  ocsp: expect.stringMatching(/Response verify OK[\s\S]*: revoked/) as string,
  crl: expect.stringContaining('certificate revoked') as string,
};

describe('a rollover while CA core, responder and publisher run', () => {
  it('begins with one issuing CA', async () => {
    await issue('K26-OLD1', ca.ca);
    expect(await judged('K26-OLD1', 'issuing')).toEqual(isGood);
  });

  it('a ceremony makes a second one: it has its signer, its CRL and its certificate out without a restart', async () => {
    const ground = planFor(text =>
      text.replace('name: issuing', 'name: issuing-2').replace('Issuing CA 1', 'Issuing CA 2'),
    );
    await holdWhole(settings, ground, ca.store);
    await allTurn();
    expect([services.core.ca.id, ...services.core.ca.beside.map(({ id }) => id)]).toEqual([
      ca.ca,
      (await issuerCalled('issuing-2')).id,
    ]);
    expect(services.ocsp.state()).toMatchObject({ state: 'green' });
    expect(
      openssl(['crl', '-inform', 'der', '-in', 'c', '-noout', '-issuer'], {
        c: await published('crl/issuing-2/0.crl'),
      }),
    ).toContain('Issuing CA 2');
    expect(Buffer.from(await published('ca/issuing-2.cer'))).toEqual(
      Buffer.from((await issuerCalled('issuing-2')).certificate),
    );
    expect(new TextDecoder().decode(await published(''))).toContain('/ca/issuing-2.cer');
  });

  it('is made the active one, and certificates of both keys are answered for by OCSP and by CRLs', async () => {
    const { id } = await issuerCalled('issuing-2');
    await activateIssuer('issuing-2', { anchors: ca.console.anchors, store: ca.store, clock });
    await issue('K26-NEW1', id);
    expect(services.core.ca.id).toBe(id);
    await issue('K26-NEW2', id);
    await issue('K26-OLD2', ca.ca);
    await services.revoke('K26-NEW1');
    await services.revoke('K26-OLD1');
    expect(await judged('K26-OLD1', 'issuing')).toEqual(isRevoked);
    expect(await judged('K26-OLD2', 'issuing')).toEqual(isGood);
    expect(await judged('K26-NEW1', 'issuing-2')).toEqual(isRevoked);
    expect(await judged('K26-NEW2', 'issuing-2')).toEqual(isGood);
  });

  it('a new root is out with its issuing CA, and its cross certificate leads to it from the old root alone', async () => {
    const old = planFor(text => text);
    const ground = planFor(text =>
      text
        .replace('name: root', 'name: root-2')
        .replace('home: root', 'home: root-2')
        .replace('Root CA 1', 'Root CA 2')
        .replace('name: issuing', 'name: issuing-3')
        .replace('Issuing CA 1', 'Issuing CA 3'),
    );
    await holdWhole(settings, ground, ca.store);
    const newRoot = await issuerCalled('root-2');
    const authority = await rootStep(old, 'the root passphrase');
    const file = join(ca.settings.home, 'cross.pem');
    writeFileSync(file, pem(await crossStep(old.transcript, authority, newRoot.certificate)));
    await authority.close();
    expect(await publishCross(ca.store, file)).toMatchObject({ value: { name: 'cross-root-2-by-root', isNew: true } });
    expect(await publishCross(ca.store, file)).toMatchObject({ value: { isNew: false } });
    await allTurn();
    await issue('K26-THREE', (await issuerCalled('issuing-3')).id);
    const cross = pem(await published('ca/cross-root-2-by-root.cer'));
    const leaf = pem((await ca.store.certificates.ofCase('K26-THREE'))?.certificate ?? new Uint8Array());
    const files = { root: pem(await published('ca/root.cer')), leaf };
    const untrusted = cross + pem(await published('ca/issuing-3.cer'));
    const args = ['verify', '-attime', String(clock.now() + 1), '-CAfile', 'root', '-untrusted', 'u', 'leaf'];
    expect(openssl(args, { ...files, u: untrusted })).toBe('leaf: OK\n');
    const chain = openssl(['pkcs7', '-inform', 'DER', '-in', 'c', '-print_certs'], {
      c: await published('ca/chain.p7c'),
    });
    expect(chain.match(/BEGIN CERTIFICATE/g)).toHaveLength(6);
    expect(new TextDecoder().decode(await published(''))).toContain('/ca/cross-root-2-by-root.cer');
  });

  it.each([
    ['a root', () => issuerCalled('root'), 'a root CA itself'],
    ['an issuing CA', () => issuerCalled('issuing'), 'not for the key and the name of a root CA'],
    ['a certificate of a stranger', aStranger, 'no root CA of this platform signed it'],
  ] as const)('takes no %s for a cross certificate', async (_, certificate, reason) => {
    const file = join(ca.settings.home, 'no-cross.pem');
    writeFileSync(file, pem((await certificate()).certificate));
    await expect(publishCross(ca.store, file)).rejects.toThrow(reason);
  });

  it('believes no further issuing CA that only the database names', async () => {
    const other = await aCa({ clock });
    const [root, issuing] = await other.store.issuers.list();
    if (root === undefined || issuing === undefined) throw new Error('no CA');
    await ca.store.issuers.add({ ...root, name: 'root-9' }, clock.now());
    await ca.store.issuers.add({ ...issuing, name: 'issuing-9' }, clock.now());
    await settle(services.core);
    expect(services.core.ca.beside).toHaveLength(2);
    await services.ocsp.round();
    expect(services.ocsp.news()).toHaveLength(3);
    await expect(services.publisher.round()).rejects.toThrow('a further root is believed when its certificate lies in');
    expect((await fetch(`http://localhost:${crlPort}/ca/issuing-9.cer`)).status).toBe(404);
    expect(await judged('K26-NEW2', 'issuing-2')).toEqual(isGood);
    await other.end();
  });
});
