/** The inventory of USB tokens, the page of one, and what may be done with it. */
import { Router, type Request, type Response } from 'express';
import { tokenStates } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { hasRole } from '../people/person.ts';
import { handOver } from '../tokens/hand-over.ts';
import { addressOfTokens, inventoryOf, readTokenSearch, tokenView } from '../tokens/show-token.ts';
import { turnToken } from '../tokens/turn-token.ts';
import { personIn } from './admission.ts';
import { textIn } from './body-text.ts';
import { toDesk } from './officer-desk-steps.ts';
import { wantsJson } from './refusals.ts';

export function usbTokenPages(parts: PortalParts): Router {
  const router = Router();
  router.get('/tokens', (request, response) => showInventory(parts, request, response));
  router.get('/tokens/:serial', async (request, response) => {
    const view = await tokenView(parts, personIn(response), request.params.serial);
    if (wantsJson(request)) response.json({ ...view, names: undefined });
    else response.render('usb-token', { ...view, isLra: hasRole(personIn(response), 'lra') });
  });
  router.post('/tokens/:serial/acts', async (request, response) => {
    const { serial } = request.params;
    const [act, reason, note] = ['act', 'reason', 'note'].map(name => textIn(request, name)) as [
      string,
      string,
      string,
    ];
    const token = await turnToken(parts, personIn(response), { serial, act, reason, note });
    const isToSign = hasRole(personIn(response), 'officer') && token.awaits !== null && token.document !== null;
    if (isToSign) toDesk(parts, response, token.document);
    else backToToken(request, response);
  });
  router.post('/tokens/:serial/hand-over', async (request, response) => {
    await handOver(parts, personIn(response), { serial: request.params.serial, what: textIn(request, 'what') });
    backToToken(request, response);
  });
  return router;
}

async function showInventory(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const search = readTokenSearch(request.query);
  const inventory = await inventoryOf(parts, personIn(response), search);
  if (wantsJson(request)) response.json({ ...search, ...inventory });
  else {
    const tabs = ['all', ...tokenStates, 'awaiting'];
    response.render('usb-tokens', { search, inventory, tabs, addressOf: addressOfTokens });
  }
}

function backToToken(request: Request, response: Response): void {
  const { serial = '' } = request.params as { serial?: string };
  if (wantsJson(request)) response.json({ serial });
  else response.redirect(303, `/tokens/${encodeURIComponent(serial)}`);
}
