import type { PutTogether } from '../../ca-core/recovery/put-together.ts';

type Judged = Pick<PutTogether, 'judgedAgain' | 'keyOrders' | 'keyOrdersRefused' | 'keysDecided' | 'rollsLost'>;

/** What `kakuin recover` says of orders and rolls that the home had lost, and what people have to do again. */
export function judgedLines({ judgedAgain, keyOrders, keyOrdersRefused, keysDecided, rollsLost }: Judged): string[] {
  return [
    `orders to revoke that are judged anew: ${judgedAgain}`,
    `orders about keys that were judged anew: ${keyOrders}; ${keysDecided} blocks and releases of keys from other places`,
    ...keyOrdersRefused.map(
      digest => `✗ ${digest}: this order about keys holds no more; officers sign it again where it is still meant`,
    ),
    ...rollsLost.map(({ number, authorisedBy }) =>
      authorisedBy === 'console'
        ? `✗ roll ${number}: only the home that was lost could vouch for it; make it again at the console`
        : `✗ roll ${number}: it does not follow from the home's roll; officers sign it again`,
    ),
  ];
}
