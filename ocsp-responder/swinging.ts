/** A responder whose issuing CAs may change while requests come: each is answered by the desks that were there when it came. */
import { openResponder, type IssuerDesk, type Responder, type ResponderParts } from './respond.ts';

export interface SwingingResponder extends Responder {
  /** These desks answer from now on. What was kept of earlier answers is forgotten. */
  readonly seat: (desks: readonly IssuerDesk[]) => void;
}

export function openSwinging(parts: ResponderParts): SwingingResponder {
  let current = openResponder(parts);
  return {
    respond: request => current.respond(request),
    seat: desks => (current = openResponder({ ...parts, desks })),
  };
}
