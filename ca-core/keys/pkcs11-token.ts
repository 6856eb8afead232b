/** The one door to the PKCS#11 library. Its calls can block for ever: only the token's own program may import this. */
import graphene from 'graphene-pk11';
import type { Key, Module, PrivateKey, Session, SessionObject, Slot } from 'graphene-pk11';
import { keyIdentifier } from '../x509/public-key.ts';
import type { SigningKeyAlgorithm } from './key-store.ts';
import type { ConnectWish, SignWish, TokenKey, TokenMechanism } from './pkcs11-messages.ts';
import { fail } from './pkcs11-failure.ts';
import { readPin } from './pkcs11-pin.ts';
import { curveParameters, subjectPublicKeyInfo, type PublicAttributes } from './pkcs11-public-key.ts';
import { openSessionPool } from './pkcs11-session-pool.ts';
import type { TokenName } from './pkcs11-uri.ts';

const { MechanismEnum, ObjectClass, RsaMgf, RsaPssParams, SessionFlag, TokenFlag } = graphene;

/** PKCS#11 3.0 names that graphene does not know. */
const ecEdwardsKeyPairGen = 0x1055;
const eddsa = 0x1057;
/** CKF_OS_LOCKING_OK: without it concurrent calls crash the library. */
const osLockingOk = 2;

/** A token, logged in to. Every failure is thrown as a Failure. */
export interface Token {
  readonly find: (label?: string) => readonly TokenKey[];
  readonly generate: (label: string, algorithm: SigningKeyAlgorithm) => Promise<TokenKey>;
  readonly sign: (wish: SignWish) => Promise<Uint8Array>;
  readonly check: (expected: readonly string[]) => void;
}

/** Loads the library and logs in, once in the life of this program. */
export function openToken({ module: path, token, pinFile, sessions, expected }: ConnectWish): Token {
  const module = graphene.Module.load(path);
  module.initialize({ flags: osLockingOk });
  const slot = slotOf(module, token);
  const serial = slot.getToken().serialNumber;
  const desk = slot.open(SessionFlag.SERIAL_SESSION);
  logIn(slot, desk, readPin(pinFile));
  const pool = openSessionPool(Array.from({ length: sessions }, () => slot.open(SessionFlag.SERIAL_SESSION)));
  const privateKeys = new Map<string, PrivateKey>();
  const privateKey = (id: string): PrivateKey => {
    const known = privateKeys.get(id) ?? privateKeyOf(desk, id);
    privateKeys.set(id, known);
    return known;
  };
  const check = (ids: readonly string[]): void => {
    if (slot.getToken().serialNumber !== serial) throw fail('lost', 'another token is in the slot');
    for (const session of [desk, ...pool.all]) session.lib.C_GetSessionInfo(session.handle);
    for (const id of ids) privateKeyOf(desk, id);
  };
  check(expected);
  return {
    find: label => keysOf(desk, label),
    generate: (label, algorithm) => generateKey(slot, label, algorithm),
    sign: wish => pool.use(session => signOn(session, privateKey(wish.key), wish)),
    check,
  };
}

function slotOf(module: Module, name: TokenName): Slot {
  const slots = Array.from(module.getSlots(true)).filter(slot => isNamed(slot, name));
  const [slot, ...others] = slots;
  const wanted = Object.values(name).join(', ');
  if (slot === undefined) throw fail('lost', `the token ${wanted} is not there`);
  if (others.length > 0) throw fail('lost', `more than one token is called ${wanted}`);
  return slot;
}

function isNamed(slot: Slot, { label, serial, manufacturer, model }: TokenName): boolean {
  try {
    const token = slot.getToken();
    return (
      (label ?? token.label) === token.label &&
      (serial ?? token.serialNumber) === token.serialNumber &&
      (manufacturer ?? token.manufacturerID) === token.manufacturerID &&
      (model ?? token.model) === token.model
    );
  } catch {
    return false;
  }
}

/** A token that would be locked by one more wrong PIN is left to a person. */
function logIn(slot: Slot, session: Session, pin: string): void {
  const { flags } = slot.getToken();
  if ((flags & TokenFlag.USER_PIN_LOCKED) !== 0) throw fail('pin', 'the token has locked its PIN');
  if ((flags & TokenFlag.USER_PIN_FINAL_TRY) !== 0)
    throw fail('pin', 'the token allows one last PIN: log in once by hand, with the right one');
  session.login(pin);
}

function keysOf(session: Session, label?: string): TokenKey[] {
  const wanted = { class: ObjectClass.PRIVATE_KEY, sign: true, ...(label === undefined ? {} : { label }) };
  return Array.from(session.find(wanted)).map(key => {
    const read = key.getAttribute({ id: null, label: null });
    return {
      id: (read.id ?? Buffer.alloc(0)).toString('hex'),
      label: read.label ?? '',
      publicKey: publicKeyOf(session, read.id),
    };
  });
}

function publicKeyOf(session: Session, id: Buffer | null | undefined): Uint8Array | null {
  if (id === null || id === undefined || id.length === 0) return null;
  const [key] = Array.from(session.find({ class: ObjectClass.PUBLIC_KEY, id }));
  return key === undefined ? null : subjectPublicKeyInfo(attributesOf(key));
}

function attributesOf(key: SessionObject): PublicAttributes {
  const { keyType } = key.getAttribute({ keyType: null });
  if (keyType === graphene.KeyType.RSA) {
    const { modulus, publicExponent } = key.getAttribute({ modulus: null, publicExponent: null });
    if (modulus && publicExponent) return { modulus, publicExponent };
  } else {
    const { paramsECDSA, pointEC } = key.getAttribute({ paramsECDSA: null, pointEC: null });
    if (paramsECDSA && pointEC) return { parameters: paramsECDSA, point: pointEC };
  }
  throw fail('refused', 'the token does not show the public half of the key');
}

function privateKeyOf(session: Session, id: string): PrivateKey {
  const wanted = { class: ObjectClass.PRIVATE_KEY, id: Buffer.from(id, 'hex') };
  const [key, ...others] = Array.from(session.find(wanted));
  if (key === undefined) throw fail('lost', `the key ${id} is not on the token`);
  if (others.length > 0) throw fail('lost', `two keys on the token are called ${id}`);
  return key.toType<PrivateKey>();
}

const pairMechanisms: Readonly<Record<SigningKeyAlgorithm, number>> = {
  'rsa-2048': MechanismEnum.RSA_PKCS_KEY_PAIR_GEN,
  'rsa-3072': MechanismEnum.RSA_PKCS_KEY_PAIR_GEN,
  'rsa-4096': MechanismEnum.RSA_PKCS_KEY_PAIR_GEN,
  'p-256': MechanismEnum.EC_KEY_PAIR_GEN,
  'p-384': MechanismEnum.EC_KEY_PAIR_GEN,
  ed25519: ecEdwardsKeyPairGen,
};

/** The key has no label until it is whole: one that a crash left behind is never found by it. */
async function generateKey(slot: Slot, label: string, algorithm: SigningKeyAlgorithm): Promise<TokenKey> {
  const mechanism = pairMechanisms[algorithm];
  if (!Array.from(slot.getMechanisms()).some(({ type }) => type === mechanism))
    throw fail('refused', `the token makes no keys of ${algorithm}`);
  const session = slot.open(SessionFlag.SERIAL_SESSION | SessionFlag.RW_SESSION);
  try {
    const pair = await generatePair(session, mechanism, kindOf(algorithm));
    const publicKey = subjectPublicKeyInfo(attributesOf(pair.publicKey));
    const id = Buffer.from(keyIdentifier(publicKey));
    pair.publicKey.setAttribute({ id, label });
    pair.privateKey.setAttribute({ id, label });
    return { id: id.toString('hex'), label, publicKey };
  } finally {
    session.close();
  }
}

function kindOf(algorithm: SigningKeyAlgorithm): object {
  switch (algorithm) {
    case 'rsa-2048':
    case 'rsa-3072':
    case 'rsa-4096':
      return { modulusBits: Number(algorithm.slice(4)), publicExponent: Buffer.from([1, 0, 1]) };
    case 'p-256':
    case 'p-384':
    case 'ed25519':
      return { paramsEC: Buffer.from(curveParameters[algorithm]) };
  }
}

type KeyPair = graphene.IKeyPair;

function generatePair(session: Session, mechanism: number, kind: object): Promise<KeyPair> {
  const publicHalf = { ...kind, token: true, private: false, verify: true };
  const privateHalf = { token: true, private: true, sensitive: true, extractable: false, sign: true };
  return new Promise((resolve, reject) => {
    session.generateKeyPair(mechanism, publicHalf, privateHalf, (error, pair) => {
      if (pair === null) reject(error ?? fail('lost', 'no key pair came of it'));
      else resolve(pair);
    });
  });
}

const signMechanisms: Readonly<Record<TokenMechanism, graphene.MechanismType>> = {
  rsaPkcs1: MechanismEnum.RSA_PKCS,
  rsaPss256: {
    name: 'RSA_PKCS_PSS',
    params: new RsaPssParams(MechanismEnum.SHA256, RsaMgf.MGF1_SHA256, 32),
  },
  rsaPss384: {
    name: 'RSA_PKCS_PSS',
    params: new RsaPssParams(MechanismEnum.SHA384, RsaMgf.MGF1_SHA384, 48),
  },
  ecdsa: MechanismEnum.ECDSA,
  ed25519: eddsa,
};

/** Off this thread. ECDSA comes as r and s, side by side. */
function signOn(session: Session, key: Key, { mechanism, input }: SignWish): Promise<Uint8Array> {
  // The library reads the octets on another thread and does not keep them alive: of a buffer it makes a copy that may be
  // collected meanwhile, of an ArrayBuffer it takes the memory itself, which this closure keeps.
  const held = new Uint8Array(input).buffer;
  return new Promise((resolve, reject) => {
    session
      .createSign(signMechanisms[mechanism], key)
      .once(held as unknown as Buffer, (error: Error | null, signature) => {
        if (error !== null || held.byteLength !== input.length) reject(error ?? fail('lost', 'the input was lost'));
        else resolve(new Uint8Array(signature));
      });
  });
}
