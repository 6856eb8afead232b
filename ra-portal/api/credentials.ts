/** Who a program is: a bearer token, or the client certificate that the proxy passes on. Cookies count for nothing here. */
import type { Request } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import type { PortalParts } from '../parts.ts';
import { accountBehind } from '../people/accounts.ts';
import { scopesFor, type Scope } from '../people/api-scopes.ts';
import { bearerOf } from '../people/api-tokens.ts';
import { ownerOfCertificate } from '../people/certificate.ts';
import type { Person } from '../people/person.ts';
import { presentedCertificate } from '../people/presented-certificate.ts';
import { stationBehind } from '../people/station.ts';

export interface Client {
  readonly person: Person;
  readonly scopes: readonly Scope[];
  /** What its requests are counted by: each token for itself. */
  readonly countedAs: string;
}

/**
 * Throws credentialsRefused: the same for nothing, and for a token that is unknown, wrong, expired, ended, or of an
 * account that is shut. Of certificates it throws what ownerOfCertificate throws: who presents one holds its key.
 */
export async function clientOf(parts: PortalParts, request: Request): Promise<Client> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const [, token = ''] = /^Bearer ([\w-]{1,200})$/i.exec(authorization) ?? [];
    const bearer = await bearerOf(parts, token);
    if (bearer === null) throw new PkiError('credentialsRefused');
    const { person, scopes, tokenId } = bearer;
    return { person, scopes, countedAs: `token:${tokenId}` };
  }
  const presented = presentedCertificate(request);
  if (presented === null) throw new PkiError('credentialsRefused');
  const station = await stationBehind(parts.ca, presented);
  if (station !== null) return { person: station, scopes: scopesFor(station), countedAs: `station:${station.id}` };
  const owner = await ownerOfCertificate(parts, request);
  const person = await accountBehind(parts, { ...owner, means: 'certificate' });
  if (person === null) throw new PkiError('credentialsRefused');
  return { person, scopes: scopesFor(person), countedAs: `person:${person.id}` };
}
