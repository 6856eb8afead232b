import type { RefusedOrder } from '../../ca-core/recovery/judge-again.ts';
import type { PutTogether } from '../../ca-core/recovery/put-together.ts';

type Judged = Pick<PutTogether, 'judgedAgain' | 'keyOrders' | 'refused' | 'keysDecided' | 'rollsLost'>;

const asked: Readonly<Record<RefusedOrder['kind'], string>> = {
  revocation: 'the order to revoke this certificate',
  release: 'the order to release this certificate',
  massRevocation: 'this order to revoke many certificates',
  keys: 'this order about keys',
};

/** What `kakuin recover` says of orders and rolls that the home had lost, and what people have to do again. */
export function judgedLines({ judgedAgain, keyOrders, refused, keysDecided, rollsLost }: Judged): string[] {
  return [
    `orders to revoke or release that were judged anew: ${judgedAgain}`,
    `orders about keys that were judged anew: ${keyOrders}; ${keysDecided} blocks and releases of keys from other places`,
    ...refused.map(
      ({ kind, name }) => `✗ ${name}: ${asked[kind]} holds no more; officers sign it again where it is still meant`,
    ),
    ...rollsLost.map(({ number, authorisedBy }) =>
      authorisedBy === 'console'
        ? `✗ roll ${number}: only the home that was lost could vouch for it; make it again at the console`
        : `✗ roll ${number}: it does not follow from the home's roll; officers sign it again`,
    ),
  ];
}
