import { describe, expect, it } from 'vitest';
import { readPkcs11Uri } from '../../ca-core/keys/pkcs11-uri.ts';
import { refusalOf } from '../support/refusal.ts';

const where = 'module-path=/usr/lib/p11.so&pin-source=file:/run/pin';

describe('RFC 7512', () => {
  it.each([
    [`pkcs11:token=kakuin?${where}`, { token: { label: 'kakuin' } }],
    [
      `pkcs11:serial=0a%2F1;token=A%20B;object=issuing;type=private?${where}`,
      { token: { label: 'A B', serial: '0a/1' }, object: 'issuing' },
    ],
    [`pkcs11:token=%E5%8D%B0?${where}`, { token: { label: '印' } }],
    [`pkcs11:token=a&b=c;id=%01%FFz?${where}`, { token: { label: 'a&b=c' }, id: '01ff7a' }],
    [`pkcs11:model=m;manufacturer=n;token=t;?${where}`, { token: { label: 't', model: 'm', manufacturer: 'n' } }],
  ])('§2.3: reads %s', (uri, expected) => {
    expect(readPkcs11Uri(uri)).toEqual({ module: '/usr/lib/p11.so', pinFile: '/run/pin', ...expected });
  });

  it.each(['/run/pin', 'file:/run/pin', 'file:///run/pin', '%2Frun/pin'])('§2.4: a pin-source may be %s', source => {
    expect(readPkcs11Uri(`pkcs11:token=t?module-path=/m.so&pin-source=${source}`).pinFile).toBe('/run/pin');
  });

  it.each([
    ['token=t', 'begins with'],
    [`pkcs11:?${where}`, 'which token'],
    ['pkcs11:token=t', 'module-path'],
    ['pkcs11:token=t?module-path=p11.so&pin-source=file:/run/pin', 'absolute path'],
    ['pkcs11:token=t?module-path=/p11.so&pin-source=%7Ccommand', 'holds the PIN'],
    [`pkcs11:token=t?${where}&pin-value=1234`, 'pin-value'],
    [`pkcs11:token=t;slot-id=1?${where}`, 'slot-id'],
    [`pkcs11:token=t;token=u?${where}`, 'twice'],
    [`pkcs11:token=a b?${where}`, 'encoded'],
    [`pkcs11:token=a%2?${where}`, 'encoded'],
    [`pkcs11:token=t;type=cert?${where}`, 'type='],
  ])('refuses %s', (uri, mistake) => {
    const refusal = refusalOf(() => readPkcs11Uri(uri));
    expect(refusal?.code).toBe('settingsInvalid');
    expect(refusal?.message).toContain(mistake);
    expect(refusal?.message).not.toContain('1234');
  });

  it('names every mistake at once', () => {
    expect(refusalOf(() => readPkcs11Uri('pkcs11:slot-id=1'))?.values.mistakes).toHaveLength(4);
  });
});
