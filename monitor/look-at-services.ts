/** What services say of themselves, whether they say anything, and whether pages open. */
import { beatingServices, isBeating, isNightly, type Reading } from '../ca-core/index.ts';
import { fetchOutside } from './fetch-outside.ts';
import { reading, watchFaults, type Look, type MonitorParts } from './parts.ts';

/** How the CA core and the responder tell that their keys are out of reach. */
const tokenWords = /^token away\b|key is out of reach/;
const keepers = ['ca-core', 'ocsp-responder'];

export function lookAtServices({ store, clock }: MonitorParts): Look {
  return async () => {
    // Of itself it tells by looking.
    const states = (await store.states.all()).filter(({ service }) => service !== 'monitor');
    const now = clock.now();
    const others = beatingServices.filter(name => name !== 'monitor');
    const missing = others.filter(name => !states.some(({ service }) => service === name));
    const readings = states.flatMap(({ service, state, detail, seenAt }): Reading[] => [
      ...(isBeating(service) ? [reading('serviceSilence', service, Math.max(0, now - seenAt))] : []),
      redOf(service, { isRed: state === 'red', silence: now - seenAt }),
      ...(keepers.includes(service) ? [reading('tokenAway', service, tokenWords.test(detail) ? 1 : 0)] : []),
    ]);
    return [...readings, ...missing.map(name => reading('serviceSilence', name, null, 'never seen'))];
  };
}

/** A night and what it may take, in seconds: the green of a look that was not had since tells nothing. */
const longestNight = 26 * 3_600;

function redOf(service: string, { isRed, silence }: { readonly isRed: boolean; readonly silence: number }): Reading {
  const isOld = isNightly(service) && silence > longestNight;
  return reading('serviceRed', service, isRed || isOld ? 1 : 0, isOld ? 'not had for more than a night' : '');
}

export function lookAtPages({ settings, policy, clock }: MonitorParts): Look {
  const wrongFor = watchFaults(clock);
  const pages = [
    { name: 'ra-portal', url: reachable(settings.urls.portal) },
    { name: 'approval-desk', url: reachable(settings.urls.approval) },
  ];
  const lookAt = async ({ name, url }: (typeof pages)[number]): Promise<Reading> => {
    // Whatever is answered is an answer, but an error of the server's own.
    const isOpen = await fetchOutside(url, { within: policy.answerWithin }).then(
      ({ status }) => status < 500,
      () => false,
    );
    return reading('pageAway', name, wrongFor(name, !isOpen));
  };
  return () => Promise.all(pages.map(lookAt));
}

/** Every name below `localhost` is this machine (RFC 6761 §6.3); browsers know that, Node's resolver may not. */
function reachable(origin: string): string {
  const url = new URL(origin);
  if (url.hostname.endsWith('.localhost')) url.hostname = 'localhost';
  return url.href;
}
