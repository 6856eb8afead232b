import type { Response } from 'express';
import { mannersOf } from '../pages/manners.ts';
import type { PortalParts } from '../parts.ts';
import type { Answer } from './operation.ts';
import type { ProblemGround } from './problem.ts';

export const groundOf = ({ settings }: Pick<PortalParts, 'settings'>, response: Response): ProblemGround => ({
  url: settings.url,
  language: mannersOf(response).language,
});

export function sendAnswer(response: Response, { status, body, file, headers = {} }: Answer): void {
  response.status(status).set(headers);
  if (file !== undefined) {
    response.set('Content-Type', file.type).send(Buffer.from(file.octets));
    return;
  }
  response.set('Content-Type', status >= 400 ? 'application/problem+json' : 'application/json');
  response.send(JSON.stringify(body));
}
