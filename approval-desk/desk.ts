import { createRequire } from 'node:module';
import { join } from 'node:path';
import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Response } from 'express';
import { PkiError } from '../ca-core/errors.ts';
import { encodeSerialList, openInvitation, registerPasskey } from '../ca-core/index.ts';
import { projectRoot } from '../ca-core/project-root.ts';
import { approve, readSignedExpiry } from './approving.ts';
import { listAwaiting, listLifetime } from './awaiting.ts';
import { documentPage } from './document-page.ts';
import { registeredPasskeys } from './enrolling.ts';
import { approvalCredentials, type DeskGround, relyingPartyOf } from './ground.ts';
import { languageOf } from './language.ts';
import { massOf, massPage, serialsOf } from './mass-reading.ts';
import { refusalIn, statusOf } from './refusals.ts';
import { rowsPage } from './rows-page.ts';
import { type Words, wordsIn } from './words/words.ts';

const tokens = createRequire(import.meta.url).resolve('@digital-go-jp/design-tokens/dist/tokens.css');

/** The approval desk: pages that show what is signed, and take the signatures. */
export function openDesk(ground: DeskGround): Express {
  const desk = express();
  desk.disable('x-powered-by');
  desk.set('views', join(projectRoot, 'approval-desk', 'views'));
  desk.set('view engine', 'ejs');
  desk.use(safeHeaders(ground), speak);
  desk.get('/assets/tokens.css', (_request, response) => response.sendFile(tokens));
  desk.use('/assets', express.static(join(projectRoot, 'approval-desk', 'assets')));
  desk.use('/js', express.static(ground.scripts));
  desk.use(sameOriginOnly(ground), express.json({ limit: '64kb' }));
  addPages(desk, ground);
  addAnswers(desk, ground);
  desk.use((_request, response) => {
    response.status(404).render('refusal', { sentence: wordsOf(response).pageUnknown, portalUrl: ground.portalUrl });
  });
  desk.use(answerError(ground));
  return desk;
}

function addPages(desk: Express, ground: DeskGround): void {
  const { rpId } = relyingPartyOf(ground);
  desk.get('/', async (_request, response) => {
    const credentials = approvalCredentials((await ground.store.rolls.current())?.roll);
    const task = { ca: ground.ca, rpId, credentials, lifetime: listLifetime, now: ground.clock.now() };
    response.render('awaiting', { task, portalUrl: ground.portalUrl });
  });
  desk.get('/documents/:digest', async ({ params }, response) => {
    const page = await documentPage(ground, params.digest, wordsOf(response));
    response.render('document', { page, portalUrl: page.back });
  });
  desk.get('/documents/:digest/serials', async ({ params }, response) => {
    const text = encodeSerialList(await serialsOf(ground, await massOf(ground, params.digest)));
    response
      .attachment(`${params.digest.slice(0, 16)}.txt`)
      .type('text/plain')
      .send(text);
  });
  desk.get('/documents/:digest/certificates', async ({ params, query }, response) => {
    const from = typeof query['from'] === 'string' ? query['from'] : undefined;
    const page = await massPage(ground, { digest: params.digest, from }, wordsOf(response));
    response.render('certificates', { page, portalUrl: ground.portalUrl });
  });
  desk.get('/documents/:digest/rows', async ({ params, query }, response) => {
    const from = typeof query['from'] === 'string' ? query['from'] : undefined;
    const page = await rowsPage(ground, { digest: params.digest, from }, wordsOf(response));
    response.render('rows', { page, portalUrl: ground.portalUrl });
  });
  desk.get('/enrol/:invitation', async ({ params }, response) => {
    const invitation = await openInvitation(ground.store, params.invitation, ground.clock.now());
    const registered = await registeredPasskeys(ground, invitation.id);
    const task = { invitationId: invitation.id, rpId, portalUrl: ground.portalUrl, registered };
    response.render('enrol', { task, invitation, portalUrl: ground.portalUrl });
  });
}

function addAnswers(desk: Express, ground: DeskGround): void {
  desk.post('/awaiting', async ({ body }, response) => {
    response.json(await listAwaiting(ground, readSignedExpiry(body), wordsOf(response)));
  });
  desk.post('/documents/:digest/approvals', async ({ params, body }, response) => {
    response.status(201).json(await approve(ground, params.digest, readSignedExpiry(body)));
  });
  desk.post('/enrol/:invitation', async ({ params, body }, response) => {
    const { store, clock } = ground;
    const registration = {
      invitationId: params.invitation,
      use: 'approve',
      body: body as unknown,
      at: clock.now(),
    } as const;
    response.status(201).json(await registerPasskey(store, registration));
  });
}

/** Only what this origin serves runs, nobody frames it, nothing of it is kept. */
function safeHeaders({ url }: DeskGround): RequestHandler {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  const transport = url.startsWith('https:') ? { 'Strict-Transport-Security': 'max-age=31536000' } : {};
  return (_request, response, next) => {
    response.set({
      ...transport,
      'Content-Security-Policy': policy,
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Permissions-Policy': 'publickey-credentials-get=(self), publickey-credentials-create=(self)',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
    });
    next();
  };
}

const speak: RequestHandler = (request, response, next) => {
  response.locals['words'] = wordsIn[languageOf(request, response)];
  response.vary('Accept-Language').vary('Cookie');
  next();
};

function wordsOf(response: Response): Words {
  return response.locals['words'] as Words;
}

function sameOriginOnly({ url }: DeskGround): RequestHandler {
  return ({ method, headers }, _response, next) => {
    if (method !== 'GET' && method !== 'HEAD' && headers.origin !== url) throw new PkiError('notPermitted');
    next();
  };
}

/** Pages answer with a page, everything else with a problem (RFC 9457). */
function answerError({ log, portalUrl }: DeskGround): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const words = wordsOf(response);
    const refusal = refusalIn(error);
    if (refusal === undefined || refusal === 'storeUnavailable')
      log.error({ err: error, path: request.path }, 'a request failed');
    const status = refusal === undefined ? 500 : statusOf[refusal];
    const sentence = refusal === undefined ? words.internalError : words.refusals[refusal];
    response.status(status);
    if (request.method === 'GET') response.render('refusal', { sentence, portalUrl });
    else response.type('application/problem+json').json({ code: refusal ?? 'internalError', title: sentence, status });
  };
}
