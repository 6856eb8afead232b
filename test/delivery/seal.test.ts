import { describe, expect, it } from 'vitest';
import { drawPickUpSecret, openSealed, pickUpPublicKey, sealTo } from '../../ca-core/delivery/seal.ts';
import { refusalFrom } from '../support/refusal.ts';

const caseId = 'K26-ABCD-EFGH';
const caseDigest = 'ab'.repeat(32);
const plaintext = new TextEncoder().encode('a private key');
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

async function aSealed() {
  const secret = drawPickUpSecret();
  const publicKey = await pickUpPublicKey(secret);
  return { secret, publicKey, sealed: await sealTo({ publicKey, caseId, caseDigest, plaintext }) };
}

describe('a pick-up secret', () => {
  it('is seven groups of four symbols, never twice the same', () => {
    const drawn = Array.from({ length: 200 }, drawPickUpSecret);
    expect(new Set(drawn).size).toBe(200);
    for (const secret of drawn) expect(secret).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}$/);
    for (const symbol of alphabet) expect(drawn.join('')).toContain(symbol);
  });

  it('is the same however it is typed', async () => {
    const secret = 'O0I1-LABC-DEFG-HJKM-NPQR-STVW-XYZ';
    const check = await Promise.all(Array.from(alphabet, symbol => refusalFrom(pickUpPublicKey(secret + symbol))));
    expect(check.filter(refusal => refusal === undefined)).toHaveLength(1);
    const whole = secret + alphabet.charAt(check.indexOf(undefined));
    const wide = whole.replace(/[!-~]/g, character => String.fromCharCode(character.charCodeAt(0) + 0xfee0));
    const forms = [
      whole.toLowerCase(),
      whole.replaceAll('-', ''),
      whole.replaceAll('-', ' '),
      wide,
      `00111ABC${whole.slice(9)}`,
    ];
    for (const form of forms) expect(await pickUpPublicKey(form)).toBe(await pickUpPublicKey(whole));
  });

  it('is refused before decryption when one symbol is wrong, or two are exchanged', async () => {
    const { secret, sealed } = await aSealed();
    const symbols = Array.from(secret.replaceAll('-', ''));
    const wrong = symbols.map((symbol, at) => symbols.with(at, symbol === '7' ? '8' : '7'));
    const exchanged = symbols.map((symbol, at) => symbols.with(at, symbols.at(at - 1) ?? '').with(at - 1, symbol));
    for (const typed of [...wrong, ...exchanged].map(mistake => mistake.join(''))) {
      if (typed === symbols.join('')) continue;
      const refusal = await refusalFrom(openSealed({ secret: typed, caseId, caseDigest, sealed }));
      expect(refusal).toEqual({ code: 'fieldInvalid', values: { field: 'pickUpSecret', reason: 'check' } });
    }
    const short = await refusalFrom(openSealed({ secret: secret.slice(1), caseId, caseDigest, sealed }));
    expect(short).toEqual({ code: 'fieldInvalid', values: { field: 'pickUpSecret', reason: 'form' } });
  });
});

describe('what is sealed', () => {
  it('opens with its secret', async () => {
    const { secret, sealed } = await aSealed();
    expect(await openSealed({ secret, caseId, caseDigest, sealed })).toEqual(plaintext);
    expect(Buffer.from(sealed).includes(Buffer.from(plaintext))).toBe(false);
  });

  it('does not open with another secret, for another case, or changed', async () => {
    const { secret, sealed } = await aSealed();
    const good = { secret, caseId, caseDigest, sealed };
    const spoiled = [
      { ...good, secret: drawPickUpSecret() },
      { ...good, caseId: 'K26-ABCD-EFGJ' },
      { ...good, caseDigest: 'ac'.repeat(32) },
      { ...good, sealed: sealed.with(40, (sealed[40] ?? 0) ^ 1) },
      { ...good, sealed: sealed.subarray(0, 20) },
      { ...good, sealed: new Uint8Array(64) },
    ];
    for (const one of spoiled) {
      expect(await refusalFrom(openSealed(one))).toMatchObject({ values: { reason: 'doesNotOpen' } });
    }
  });

  it('is different each time', async () => {
    const { publicKey, sealed } = await aSealed();
    expect(await sealTo({ publicKey, caseId, caseDigest, plaintext })).not.toEqual(sealed);
  });

  it.each(['', 'ab', '00'.repeat(32), `01${'00'.repeat(31)}`, 'zz'.repeat(32)])(
    'is never sealed to %j',
    async publicKey => {
      const refusal = await refusalFrom(sealTo({ publicKey, caseId, caseDigest, plaintext }));
      expect(refusal?.code).toBe('keyUnacceptable');
    },
  );
});
