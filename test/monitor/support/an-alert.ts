/** Readings as the monitor judges them, and the alert of one that stays red. */
import { join } from 'node:path';
import type { JudgedReading, Light, ReadingName } from '../../../ca-core/index.ts';
import { projectRoot } from '../../../ca-core/project-root.ts';
import { readPolicies } from '../../../ca-core/profiles/read-policies.ts';
import { raiseAlerts } from '../../../monitor/alerts.ts';

export const policy = readPolicies(join(projectRoot, 'policies')).operations;
export const rules = { alertAfter: 30, remindAfter: 3600 };

/** Its note holds a password: that is to be told to nobody. */
export const told = (light: Light, subject = 'issuing', name: ReadingName = 'crlAge'): JudgedReading => {
  const { unit, amber, red } = policy.readings[name];
  return { name, subject, value: 6_000, note: 'postgres://user:password@host', unit, amber, red, light };
};

/** Of what is red now, and has been so long enough. */
export const anAlert = (now: number) => {
  const { red } = raiseAlerts([], [told('red')], { now: now - 30, ...rules });
  return raiseAlerts(red, [told('red')], { now, ...rules }).alerts;
};
