import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aWholeResponder, type WholeResponder } from '../support/whole-responder.ts';

let whole: WholeResponder;
beforeEach(async () => {
  whole = await aWholeResponder();
  await whole.ca.issue('0a');
  await whole.ca.issue('0b');
  await revoke('0b');
  await whole.ca.recordCrl(await whole.ca.pki.crl({ entries: [listed('0b')], crlNumber: 3n }));
  whole.clock.at += 120;
  await whole.turn();
});
afterEach(() => whole.end());

const revoke = (serialNumber: string) =>
  whole.ca.change({ serialNumber, change: 'revoked', reason: 'superseded', revokedAt: whole.clock.at - 100 });
const listed = (serialNumber: string) => ({
  serialNumber,
  revokedAt: whole.clock.at - 100,
  reason: 'superseded' as const,
  invalidityDate: null,
});

describe('the self-check', () => {
  it('finds nothing where all agree', async () => {
    await whole.ocsp().check();
    expect(whole.ocsp().state()).toMatchObject({ state: 'green', disagreements: 0, certificates: 3, prepared: 3 });
  });

  it('turns red, in the database too, when a revocation vanishes there, and green when it is back', async () => {
    const row = await whole.ca.database('status_changes').where({ change: 'revoked' }).first<object>();
    await whole.ca.database('status_changes').where({ change: 'revoked' }).delete();
    await whole.ocsp().check();
    expect(whole.ocsp().state()).toMatchObject({ state: 'red', disagreements: 1 });
    await whole.ocsp().round();
    const [told] = await whole.ca.store.states.all();
    expect(told).toMatchObject({ service: 'ocsp-responder', state: 'red' });
    expect(told?.detail).toContain('0b');
    await whole.ca.database('status_changes').insert(row);
    await whole.ocsp().check();
    expect(whole.ocsp().state().state).toBe('green');
  });

  it('sees a revocation in the database that no answer tells', async () => {
    await revoke('0a');
    await whole.ocsp().check();
    expect(whole.ocsp().state()).toMatchObject({ state: 'red' });
    await whole.turn();
    await whole.ocsp().check();
    expect(whole.ocsp().state()).toMatchObject({ state: 'green' });
  });

  it('is red without a fit signer, and when the database has been silent for a minute', () => {
    whole.clock.at += 61;
    expect(whole.ocsp().state()).toMatchObject({ state: 'red', detail: 'the database is out of reach' });
    whole.clock.at += 8 * 86_400;
    expect(whole.ocsp().state().detail).toContain('no fit signer');
  });
});
