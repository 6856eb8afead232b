/** Alerts as JSON over HTTPS, with a MAC by which the receiver knows them for ours. */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Clock } from '../ca-core/clock.ts';
import { PkiError } from '../ca-core/errors.ts';
import type { Alert, OperationsPolicy } from '../ca-core/index.ts';
import type { Carrier } from './carry-alerts.ts';

export interface WebhookParts {
  readonly url: string;
  /** At least 16 characters; read each time, so that it can be changed while the monitor runs. */
  readonly secretFile: string;
  readonly portalUrl: string;
  readonly policy: OperationsPolicy;
  readonly clock: Clock;
}

const shortestSecret = 16;

/**
 * POSTs each alert; any 2xx is taken for received. `Kakuin-Signature: t=<Unix time>, v1=<hex>`, where v1 is HMAC-SHA-256
 * over `<t>.<body>` with the secret. The same `id` may come twice.
 */
export function openWebhook(parts: WebhookParts): Carrier {
  readSecret(parts.secretFile);
  return async alert => {
    const body = JSON.stringify(webhookBody(alert, parts));
    const at = parts.clock.now();
    const mac = createHmac('sha256', readSecret(parts.secretFile)).update(`${at}.${body}`).digest('hex');
    const answer = await fetch(parts.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'kakuin-signature': `t=${at}, v1=${mac}` },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(parts.policy.answerWithin * 1000),
    });
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  };
}

/** Figures and fixed sentences alone: nothing of what an error said, no name of anybody. */
function webhookBody(alert: Alert, { policy, portalUrl }: Pick<WebhookParts, 'policy' | 'portalUrl'>): object {
  const { name, act, unit, red } = policy.readings[alert.reading];
  return { ...alert, name, unit, bound: red, act, page: `${portalUrl}/operations` };
}

/** Throws settingsInvalid. */
function readSecret(file: string): string {
  let secret = '';
  try {
    secret = readFileSync(file, 'utf8').trim();
  } catch {
    // Said below.
  }
  if (secret.length >= shortestSecret) return secret;
  const mistake = `KAKUIN_ALERT_WEBHOOK_SECRET_FILE: ${file} holds no secret of ${shortestSecret} characters or more`;
  throw new PkiError('settingsInvalid', { mistakes: [mistake] });
}
