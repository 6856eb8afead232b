import { describe, expect, it } from 'vitest';
import { certificateExtensions } from '../../ca-core/profiles/extensions-of.ts';
import { subjectOf } from '../../ca-core/profiles/subject.ts';
import { boolean, concat, explicit, integer, octetString, oid, sequence, time } from '../../ca-core/x509/der.ts';
import type { Der } from '../../ca-core/x509/der.ts';
import * as extensions from '../../ca-core/x509/extensions.ts';
import { encodeGeneralNames } from '../../ca-core/x509/general-names.ts';
import { oids } from '../../ca-core/x509/oids.ts';
import { encodeTbsCertificate } from '../../ca-core/x509/tbs-certificate.ts';
import { demoClaim, demoNumber, now, policies, profileOf, registerOf } from '../support/demo-case.ts';
import { good, ground, issuer, jcan, keys, lint, madeWith, urls, withExtension } from '../support/lint-ground.ts';

describe('what the profiles make', () => {
  const subscribers = Array.from(policies.profiles.values()).filter(({ kind }) => kind === 'subscriber');
  const each = subscribers.flatMap(({ name }) => [[name, keys.ec] as const, [name, keys.rsa] as const]);
  it.each(each)('%s passes', (name, key) => {
    expect(lint(encodeTbsCertificate(good(profileOf(name), key)), profileOf(name))).toEqual([]);
  });

  it('passes with a licence, and with no other OU in its place', () => {
    const claim = { ...demoClaim, licence: 'JFBA-12345' };
    const names = subjectOf(jcan, { claim, register: registerOf(demoNumber) }, policies);
    if (!('subject' in names)) throw new Error(JSON.stringify(names));
    expect(lint(madeWith({ subject: names.subject }))).toEqual([]);
    const spoiled = Buffer.from(names.subject).toString('latin1').replace('JFBA-', 'XFBA-');
    expect(lint(madeWith({ subject: concat(Buffer.from(spoiled, 'latin1')) }))).toEqual([
      'nameCharacters subject.6.OU',
    ]);
  });

  it.each(['ocsp-signer', 'issuing-ca', 'root-ca'])('%s passes', name => {
    const profile = profileOf(name);
    const above = name === 'ocsp-signer' ? issuer.subject : good(profileOf('root-ca')).subject;
    const at = { ...ground, issuer: { ...issuer, subject: above } };
    const tbs = encodeTbsCertificate(good(profile, keys.ec, at));
    expect(lint(tbs, profile, at)).toEqual([]);
    expect(lint(tbs)).not.toEqual([]);
  });

  it('reads like OpenSSL where values need escaping', () => {
    const claim = { ...demoClaim, mailbox: "o'kaku+x@kakuu-kakuin.example" };
    const { nta, robins } = registerOf(demoNumber);
    const register = { nta, robins: robins && { ...robins, nameEn: 'Kakuu, Kakuin + Kaku Co., Ltd.' } };
    const names = subjectOf(jcan, { claim, register }, policies);
    if (!('subject' in names)) throw new Error(JSON.stringify(names));
    const san = names.subjectAltName ?? concat();
    const change = { ...withExtension(oids.subjectAltName, [extensions.subjectAltName(san)]), subject: names.subject };
    expect(lint(madeWith(change))).toEqual([]);
  });
});

describe('octets', () => {
  const whole = encodeTbsCertificate(good(jcan));

  it.each<[string, Der]>([
    ['nothing', concat()],
    ['trailing octets', concat(whole, Uint8Array.of(0))],
    ['a cut end', concat(whole.subarray(0, -1))],
    ['version 1', sequence(integer(1), sequence(time(now), time(now + 1)))],
    [
      'FALSE written out',
      sequence(explicit(3, sequence(sequence(oid(oids.keyUsage), boolean(false), octetString(concat()))))),
    ],
  ])('that are no TBSCertificate: %s', (_, tbs) => expect(lint(tbs)).toEqual(['der tbsCertificate']));

  it('changed anywhere outside serial number, key, names and times by one bit never pass', () => {
    const survivors: number[] = [];
    const spki = Buffer.from(whole).indexOf(Buffer.from(keys.ec));
    const isFree = (at: number): boolean => (at >= spki && at < spki + keys.ec.length) || at < spki;
    for (let at = 0; at < whole.length; at++) {
      const changed = new Uint8Array(whole);
      changed[at] = (changed[at] ?? 0) ^ 0x01;
      if (lint(changed).length === 0 && !isFree(at)) survivors.push(at);
    }
    // What is left is the mailbox's own text: another mailbox is a good certificate for somebody else.
    const mailbox = Buffer.from(whole).indexOf(demoClaim.mailbox);
    for (const at of survivors) expect(at >= mailbox && at < mailbox + demoClaim.mailbox.length).toBe(true);
  });
});

describe('extensions', () => {
  it('need what the profile demands', () => {
    const input = { subjectPublicKeyInfo: keys.ec, issuerKeyIdentifier: issuer.keyIdentifier, urls };
    expect(() => certificateExtensions(jcan, { ...input, subjectAltName: null })).toThrow('fieldMissing');
    const san = encodeGeneralNames({ rfc822Names: ['a@b.example'] });
    expect(() => certificateExtensions(jcan, { ...input, subjectAltName: san, urls: {} })).toThrow('settingsInvalid');
  });
});
