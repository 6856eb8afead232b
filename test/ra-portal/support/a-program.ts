/** A program of somebody's: its token, and requests as programs send them. No cookie, no origin. */
import { randomUUID } from 'node:crypto';
import request, { type Test } from 'supertest';
import { scopes as allScopes, type Scope } from '../../../ra-portal/people/api-scopes.ts';
import { drawToken, hashOf } from '../../../ra-portal/people/api-tokens.ts';
import { addToken, type TokenOwner } from '../../../ra-portal/store/api-tokens.ts';
import type { APortal } from './a-portal.ts';

export interface AProgram {
  readonly token: string;
  readonly tokenId: string;
  readonly get: (path: string) => Test;
  /** With a key of its own unless one is given. */
  readonly post: (path: string, body?: object, key?: string) => Test;
  /** The body is the file itself. */
  readonly file: (path: string, type: string, octets: Buffer) => Test;
}

export interface TokenChoices {
  readonly scopes?: readonly Scope[];
  /** Seconds. */
  readonly lifetime?: number;
}

/** Puts a token into the database as the page does, and comes with it. */
export async function aProgram(
  { url, database, clock }: APortal,
  owner: TokenOwner,
  { scopes = allScopes, lifetime = 86_400 }: TokenChoices = {},
): Promise<AProgram> {
  const { id, token } = drawToken();
  const createdAt = clock.now();
  const kept = { id, hash: hashOf(token), ...owner, name: 'test', scopes, createdAt, expiresAt: createdAt + lifetime };
  await addToken(database, kept);
  return programWith(url, token, id);
}

/** Whatever the token is. */
export function programWith(url: string, token: string, tokenId = ''): AProgram {
  const Authorization = `Bearer ${token}`;
  return {
    token,
    tokenId,
    get: path => request(url).get(path).set({ Authorization, Accept: 'application/json' }),
    post: (path, body = {}, key = randomUUID()) =>
      request(url).post(path).set({ Authorization, Accept: 'application/json', 'Idempotency-Key': key }).send(body),
    file: (path, type, octets) =>
      request(url)
        .post(path)
        .set({ Authorization, Accept: 'application/json', 'Idempotency-Key': randomUUID(), 'Content-Type': type })
        .send(octets),
  };
}
