/** Whether a key that was made for a certificate is where it should be. */
import type { ToldDelivery } from '../store/deliveries-told.ts';
import type { Comparison } from './ground.ts';

export function compareDelivery({ ground, found }: Comparison, serialNumber: string, told: ToldDelivery): void {
  const { caseId, orderState, isKeyMade, delivery } = told;
  const say = (kind: Parameters<typeof found>[0], what: string): void => found(kind, serialNumber, { caseId, what });
  // A recovery may have put a certificate back whose order is lost: that was told then.
  if (orderState !== null && orderState !== 'issued') say('orderDiffers', `its order is ${orderState}`);
  if (delivery === undefined) {
    if (isKeyMade) say('deliveryMissing', 'its key was made by the CA core, and no delivery is in the database');
    return;
  }
  const { isSealed, isThere, pickedUpAt, expiresAt } = delivery;
  if (pickedUpAt !== null && isSealed) say('deliveryKept', 'its key was picked up and still lies in the database');
  if (pickedUpAt === null && !isThere && expiresAt > ground.now)
    say('deliveryMissing', 'its key was not picked up, its time is not over, and it is gone');
}
