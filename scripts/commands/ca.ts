import { join } from 'node:path';
import type { Command } from 'commander';
import { activateIssuer } from '../../ca-core/ceremony/activate.ts';
import { systemClock } from '../../ca-core/clock.ts';
import { PkiError } from '../../ca-core/errors.ts';
import { openAnchors, pinnedIssuers, type Anchors } from '../../ca-core/home/home.ts';
import { openStore, readCertificate, type IssuerRow, type Store } from '../../ca-core/index.ts';
import { signingKeyAlgorithmOf } from '../../ca-core/keys/key-store.ts';
import { fingerprint } from '../../ca-core/ceremony/transcript.ts';
import { formatName } from '../../ca-core/x509/name.ts';
import { withDatabase } from '../prepare.ts';
import type { Settings } from '../settings.ts';
import { answers, columns, timeText, type Answer } from './command.ts';
import { publishCross } from './cross.ts';
import { caCoreWorker, isTrouble, toldStates, wordFor } from './service-states.ts';

const day = 86_400;

export function addCaCommands(program: Command): void {
  const ca = program.command('ca').description('the CAs of this home: which they are, and which of them issues');
  answers(
    ca.command('status').description('certificates, keys, CRLs, the CA core; exit code 1 where something is wrong'),
    settings => withHome(settings, statusOf),
  );
  const activate = ca
    .command('activate')
    .description('issue new certificates under another issuing CA; the one before is still answered for')
    .argument('<name>', 'as installed by a ceremony, such as issuing-2');
  answers(activate, (settings, { words }) =>
    withHome(settings, async (store, anchors) => {
      const name = words[0] ?? '';
      const names = pinnedIssuers(anchors).map(one => one.name);
      if (!names.includes(name))
        throw new PkiError('settingsInvalid', {
          mistakes: [`There is no such issuing CA here: ${name}. There are ${names.join(', ')}.`],
        });
      await activateIssuer(name, { anchors, store, clock: systemClock });
      const line = `${name} is the active issuing CA; a CA core that runs takes it up at its next turn.`;
      return { value: { active: name }, lines: [line] };
    }),
  );
  const publish = ca
    .command('publish')
    .description('put out a cross certificate, for whoever trusts only the root before')
    .argument('<file>', 'from `kakuin ceremony cross`, DER or PEM');
  answers(publish, (settings, { words }) => withHome(settings, store => publishCross(store, words[0] ?? '')));
}

function withHome(settings: Settings, work: (store: Store, anchors: Anchors) => Promise<Answer>): Promise<Answer> {
  return withDatabase(settings, async database =>
    work(openStore(database), await openAnchors(join(settings.home, 'ca'))),
  );
}

async function statusOf(store: Store, anchors: Anchors): Promise<Answer> {
  const now = systemClock.now();
  const issuers = await Promise.all((await store.issuers.list()).map(row => standing(store, anchors, row, now)));
  const told = (await toldStates(store, now)).filter(({ service }) => /^(ca-core|keys-audit|audit-copy)/.test(service));
  const workers = told.filter(({ service }) => caCoreWorker.test(service));
  const ordersWaiting = await store.orders.waiting();
  const rows = issuers.map(one => [
    one.name,
    one.use,
    one.algorithm,
    one.subject,
    `until ${timeText(one.notAfter)}`,
    one.crl === null ? 'no CRL' : `CRL ${one.crl.crlNumber} until ${timeText(one.crl.nextUpdate)}`,
  ]);
  const lines = [
    ...columns(rows),
    ...told.map(one => `${one.service}: ${wordFor(one)}${one.detail === '' ? '' : `, ${one.detail}`}`),
    ...(workers.length === 0 ? ['The CA core has not run yet: npm start.'] : []),
    `orders waiting: ${ordersWaiting}`,
    ...issuers.flatMap(({ name, faults }) => faults.map(fault => `✗ ${name}: ${fault}`)),
  ];
  const failed = issuers.some(({ faults }) => faults.length > 0) || told.some(isTrouble);
  return { value: { issuers, workers: told, ordersWaiting }, lines, failed };
}

async function standing(store: Store, anchors: Anchors, row: IssuerRow, now: number) {
  const certificate = readCertificate(row.certificate);
  const pinned = pinnedIssuers(anchors);
  const pin = pinned.find(one => one.certificate === fingerprint(row.certificate));
  const crl = await store.crls.newest(row.id);
  const use = row.role === 'root' ? 'root' : pin === undefined ? 'not pinned' : pin === pinned[0] ? 'active' : 'beside';
  const faults = [
    use === 'not pinned' ? 'the home does not know this certificate' : '',
    certificate.notAfter < now ? 'the certificate has expired' : '',
    certificate.notAfter - now < 365 * day && certificate.notAfter >= now && use !== 'beside'
      ? 'less than a year is left: hold a ceremony'
      : '',
    crl !== undefined && crl.nextUpdate < now ? 'its CRL is over' : '',
  ].filter(fault => fault !== '');
  return {
    id: row.id,
    name: row.name,
    use,
    algorithm: signingKeyAlgorithmOf(certificate.subjectPublicKeyInfo),
    subject: formatName(certificate.subject),
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    crl: crl === undefined ? null : { crlNumber: crl.crlNumber, nextUpdate: crl.nextUpdate, entries: crl.entries },
    faults,
  };
}
