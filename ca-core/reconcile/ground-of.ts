import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { UnixTime } from '../clock.ts';
import { openAnchors, pinnedIssuers } from '../home/home.ts';
import { ocspStatusFile } from '../ocsp-status-line.ts';
import type { Store } from '../store/store.ts';
import type { ToldDeliveries } from '../store/deliveries-told.ts';
import { readCertificate } from '../x509/certificate.ts';
import { createHash } from 'node:crypto';
import type { IssuerPlaces, ReconcileGround } from './ground.ts';

export interface ReconcileWish {
  /** KAKUIN_HOME: of the CA core, and, where they are on one machine, of publisher and responder. */
  readonly home: string;
  readonly store: Store;
  readonly deliveries: ToldDeliveries;
  readonly now: UnixTime;
}

/** Every issuing CA of the home, where its certificate is still in the database. */
export async function reconcileGroundOf({ home, store, deliveries, now }: ReconcileWish): Promise<ReconcileGround> {
  const rows = await store.issuers.list();
  const pins = pinnedIssuers(await openAnchors(join(home, 'ca')));
  const issuers = pins.flatMap(({ name, isFirst, certificate: hash }): IssuerPlaces[] => {
    const row = rows.find(one => createHash('sha256').update(one.certificate).digest('hex') === hash);
    if (row === undefined) return [];
    const own = join(home, 'ca', isFirst ? '' : join('issuing-cas', name));
    const published = (list: string): string => join(home, 'crl', 'crl', name, list);
    return [
      {
        id: row.id,
        name,
        publicKey: readCertificate(row.certificate).subjectPublicKeyInfo,
        signerLog: join(own, 'signer.log'),
        statusJournal: join(own, 'status.log'),
        // Of several lists this one is of all certificates.
        publishedCrl: existsSync(published('all.crl')) ? published('all.crl') : published('0.crl'),
        ocspStatuses: join(home, 'responder', isFirst ? '' : join('issuers', name), ocspStatusFile),
      },
    ];
  });
  const { certificates, status, crls, audit } = store;
  return { certificates, status, crls, audit, deliveries, issuers, now };
}
