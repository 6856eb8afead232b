/** What a card is for us: its number, its FCF ID, its secret written, read back and compared. */
import {
  cardSecretOctets,
  decodeCardSecret,
  encodeCardSecret,
  type CardSecret,
} from '../../ca-core/delivery/card-secret.ts';
import { PkiError } from '../../ca-core/errors.ts';
import type { CardPolicy } from '../../ca-core/profiles/card-policy.ts';
import type { CardConnection } from './card-readers.ts';
import { decodeFcfId, type FcfId } from './fcf.ts';
import { openFelica, type Felica } from './felica.ts';

export interface Card {
  /** Of the system that holds the secret: 8 octets, hex. */
  readonly idm: string;
  /** Null where the card has no FCF ID. */
  readonly fcf: FcfId | null;
  /** Throws cardSecretInvalid {reason: blank | version | check}, cardForeign, cardGone. */
  readonly readSecret: () => Promise<CardSecret>;
  /** Writes, reads back and compares. Throws cardUnlike, cardForeign, cardGone: then nobody knows what stands there. */
  readonly writeSecret: (secret: CardSecret) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Throws cardForeign {reason}, cardGone; the connection is closed then. */
export async function openCard(connection: CardConnection, policy: CardPolicy): Promise<Card> {
  try {
    const felica = await openFelica(connection, policy.mode);
    const fcf = await readFcf(felica, policy);
    const { idm } = await felica.poll(policy.secret.systemCode);
    const readSecret = async (): Promise<CardSecret> => decodeCardSecret(await felica.read(policy.secret), idm);
    return {
      idm,
      fcf,
      readSecret,
      writeSecret: async secret => {
        const blocks = await encodeCardSecret(secret, idm);
        await felica.write(policy.secret, blocks);
        const found = await felica.read(policy.secret);
        const isSame = found.length === cardSecretOctets && blocks.every((octet, at) => octet === found[at]);
        if (!isSame) throw new PkiError('cardUnlike');
      },
      close: () => felica.close(),
    };
  } catch (error) {
    connection.close();
    throw error;
  }
}

async function readFcf(felica: Felica, { fcf }: CardPolicy): Promise<FcfId | null> {
  try {
    await felica.poll(fcf.systemCode);
    return decodeFcfId(await felica.read(fcf));
  } catch (error) {
    if (error instanceof PkiError && error.code === 'cardForeign') return null;
    throw error;
  }
}
