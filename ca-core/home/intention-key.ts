import { createHmac, createSecretKey, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { Intention } from '../store/orders.ts';
import { putNewFile } from '../keys/new-file.ts';

/** Marks what this CA core wrote down to sign, so that a row from another hand is never taken for it. */
export interface IntentionKey {
  readonly seal: (intention: Omit<Intention, 'mac'>) => string;
  readonly holds: (intention: Intention) => boolean;
}

export async function openIntentionKey(file: string): Promise<IntentionKey> {
  if (!existsSync(file)) await putNewFile(file, randomBytes(32).toString('hex'));
  const key = createSecretKey(readFileSync(file, 'utf8').trim(), 'hex');
  const seal = (intention: Omit<Intention, 'mac'>): string => macOver(key, intention);
  return { seal, holds: intention => equalHex(seal(intention), intention.mac) };
}

function macOver(key: KeyObject, intention: Omit<Intention, 'mac'>): string {
  const { orderId, caseId, caseDigest, issuer, serialNumber, profile, tbsCertificate } = intention;
  return createHmac('sha256', key)
    .update(JSON.stringify([orderId, caseId, caseDigest, issuer, serialNumber, profile]))
    .update(tbsCertificate)
    .digest('hex');
}

function equalHex(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
