/** RFC 6960 §4.4 and what the policy adds: extensions, never issued, archive cutoff, as OpenSSL and GnuTLS read them. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Certificate } from '../../ca-core/x509/certificate.ts';
import { oids } from '../../ca-core/x509/oids.ts';
import { encodePem } from '../../ca-core/x509/pem.ts';
import {
  aResponderRig,
  good,
  opensslRequest,
  opensslVerdict,
  readAnswer,
  revoked,
  type ResponderRig,
} from '../support/ocsp.ts';
import { judge } from '../support/openssl.ts';
import { anRfc6960Ground, onlyLeafIsGood, revokedFor, type Rfc6960Ground } from './support/rfc6960-ground.ts';

let ground: Rfc6960Ground;
let rig: ResponderRig;
let leaf: Certificate;
beforeAll(async () => {
  ground = await anRfc6960Ground();
  ({ rig, leaf } = ground);
});
beforeEach(() => onlyLeafIsGood(ground));

describe('§4.4 what the policy adds', () => {
  it('§2.2 a certificate that was never issued is told as revoked where the policy says so, with extendedRevoke', async () => {
    const strict = await aResponderRig({ neverIssued: 'revoked' });
    const stranger = await strict.pki.leaf('0c');
    const { body, life } = await strict.ask(opensslRequest(strict.pki.issuing, [stranger]));
    const verdict = opensslVerdict(strict.pki, stranger, body, '-resp_text');
    expect(verdict).toMatch(/Response verify OK[\s\S]*leaf.pem: revoked[\s\S]*Reason: certificateHold/);
    expect(verdict).toContain('Jan  1 00:00:00 1970');
    expect(readAnswer(body).basic?.tbsResponseData.responseExtensions?.map(({ extnID }) => extnID)).toEqual([
      oids.ocspExtendedRevoke,
    ]);
    expect(life).toBeNull();
  });

  it('§4.2.2.3 the responder is named by name where the policy says so', async () => {
    const named = await aResponderRig({ responderId: 'byName' });
    const one = await named.pki.leaf('0c');
    named.statuses.set('0c', good());
    const { body } = await named.ask(opensslRequest(named.pki.issuing, [one]));
    const verdict = opensslVerdict(named.pki, one, body, '-resp_text');
    expect(verdict).toMatch(/Responder Id: .*CN = OCSP/);
    expect(verdict).toMatch(/Response verify OK[\s\S]*leaf.pem: good/);
  });

  it('§4.4.4 after its end a certificate is answered for with archiveCutoff, for as long as the policy says', async () => {
    const ended = { ...revokedFor(ground), notAfter: rig.clock.at - 86_400 };
    rig.statuses.set(leaf.serialNumber, ended);
    const request = opensslRequest(rig.pki.issuing, [leaf]);
    const verdict = opensslVerdict(rig.pki, leaf, (await rig.ask(request)).body, '-resp_text');
    expect(verdict).toContain('OCSP Archive Cutoff');
    expect(verdict).toMatch(/Response verify OK[\s\S]*leaf.pem: revoked/);
    const cutoff = new Date((rig.clock.at - 3650 * 86_400) * 1000);
    expect(verdict).toContain(String(cutoff.getUTCFullYear()));
    rig.statuses.set(leaf.serialNumber, { ...ended, notAfter: rig.clock.at - 3650 * 86_400 - 1 });
    expect((await rig.ask(request)).status).toBe('unauthorized');
    rig.statuses.set(leaf.serialNumber, good());
    expect(opensslVerdict(rig.pki, leaf, (await rig.ask(request)).body, '-resp_text')).not.toContain('Cutoff');
  });

  it('§4.4.5 the invalidityDate is told as in the CRL', async () => {
    rig.statuses.set(leaf.serialNumber, revoked(rig.clock.at - 60, { invalidityDate: 1_700_000_000 }));
    const { body } = await rig.ask(opensslRequest(rig.pki.issuing, [leaf]));
    const verdict = opensslVerdict(rig.pki, leaf, body, '-resp_text');
    expect(verdict).toMatch(/Invalidity Date[\s\S]*Nov 14 22:13:20 2023 GMT/);
  });

  it('§4.4.3 GnuTLS agrees on good, revoked and unknown', async () => {
    const judged = async (): Promise<string> => {
      const request = opensslRequest(rig.pki.issuing, [leaf]);
      const files = {
        'answer.der': (await rig.ask(request)).body,
        'issuer.pem': encodePem('CERTIFICATE', rig.pki.issuing.der),
        'request.der': request,
      };
      const command =
        'ocsptool --response-info --load-response answer.der 2>&1; ocsptool --verify-response --load-response answer.der --load-issuer issuer.pem --load-trust issuer.pem 2>&1';
      return judge('sh', ['-c', command], files).toString();
    };
    expect(await judged()).toMatch(/Certificate Status: good[\s\S]*Verifying OCSP Response: Success/);
    rig.statuses.set(leaf.serialNumber, revokedFor(ground, 'certificateHold'));
    expect(await judged()).toMatch(/Certificate Status: revoked[\s\S]*Verifying OCSP Response: Success/);
    rig.statuses.delete(leaf.serialNumber);
    expect(await judged()).toMatch(/Certificate Status: unknown[\s\S]*Verifying OCSP Response: Success/);
  });
});
