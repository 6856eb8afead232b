/** `kakuin ca publish FILE`: a cross certificate that the old root signed offline goes to where relying parties find it. */
import { certificateFacts, fingerprint } from '../../ca-core/ceremony/transcript.ts';
import { systemClock } from '../../ca-core/clock.ts';
import { PkiError } from '../../ca-core/errors.ts';
import { equalBytes, readCertificate, verifyCertificate, type Certificate, type Store } from '../../ca-core/index.ts';
import { certificatesIn } from '../verify/read-evidence.ts';
import { columns, wrongUsage, type Answer } from './command.ts';
import { octetsIn } from './named-file.ts';

/** Judged as the publisher will judge it again: the key of one root of this platform, certified by another. */
export async function publishCross(store: Store, file: string): Promise<Answer> {
  const cross = crossIn(file);
  const roots = (await store.issuers.list())
    .filter(({ role }) => role === 'root')
    .map(({ name, certificate }) => ({ name, certificate: readCertificate(certificate) }));
  const above = roots.find(({ certificate }) => isUnder(cross, certificate));
  const below = roots.find(({ certificate }) => isSameCa(cross, certificate));
  if (above === undefined) throw unfit('no root CA of this platform signed it');
  if (below === undefined) throw unfit('it is not for the key and the name of a root CA of this platform');
  if (above === below) throw unfit('it is a root CA itself, which is published already');
  const now = systemClock.now();
  if (cross.notAfter <= now) throw unfit('it has expired');
  const name = `cross-${below.name}-by-${above.name}`;
  const certificate = cross.der;
  const isNew = await store.crossCertificates.add({ name, certificate }, now);
  const found = (await store.crossCertificates.list()).find(one => one.name === name);
  if (found === undefined || !equalBytes(found.certificate, certificate))
    throw unfit(`another certificate has been published as ${name}`);
  const details = { certificate: fingerprint(certificate) };
  const event = { at: now, service: 'console', action: 'cross.published', actor: 'operator', subject: name, details };
  if (isNew) await store.audit.note(event);
  const line = isNew ? `The publisher puts it out as ca/${name}.cer.` : `It was published before, as ca/${name}.cer.`;
  const facts = certificateFacts(cross);
  return { value: { name, isNew, ...facts }, lines: [...columns(Object.entries(facts)), line] };
}

function crossIn(file: string): Certificate {
  const [first, ...others] = certificatesIn(octetsIn(file));
  if (first === undefined || others.length > 0) throw wrongUsage(`${file} does not hold one certificate.`);
  return first;
}

const isUnder = (one: Certificate, root: Certificate): boolean =>
  equalBytes(one.issuer, root.subject) && verifyCertificate(one, root.subjectPublicKeyInfo);

const isSameCa = (one: Certificate, root: Certificate): boolean =>
  equalBytes(one.subject, root.subject) && equalBytes(one.subjectPublicKeyInfo, root.subjectPublicKeyInfo);

const unfit = (reason: string): PkiError => new PkiError('signerUnfit', { reason });
