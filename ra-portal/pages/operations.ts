import { Router } from 'express';
import { boundText, pictureOf, valueText, type JudgedReading } from '../../ca-core/index.ts';
import { chartOf } from '../operations/chart.ts';
import { groupsOf, subjectName, troubleIn } from '../operations/groups.ts';
import type { PortalParts } from '../parts.ts';
import { mailboxesOf } from '../store/operations.ts';
import { mannersOf } from './manners.ts';
import { wantsJson } from './refusals.ts';

const alertsShown = 20;
/** The chart on a narrow screen holds fewer days. */
const wideChart = 1000;
const narrowChart = 340;
const narrowDays = 10;

/** The CA operators' desk: how everything stands, as the monitor sees it. Auditors read it; it changes nothing. */
export function operationsPages({ ca, clock, database, policies }: PortalParts): Router {
  const router = Router();
  router.get('/operations', async (request, response) => {
    const picture = pictureOf(await ca.observations.of('monitor'), policies.operations, clock.now());
    const alerts = await ca.alerts.newest(alertsShown);
    if (wantsJson(request)) {
      response.json({ picture, alerts });
      return;
    }
    const { language } = mannersOf(response);
    response.render('operations', {
      ...{ picture, alerts, groups: groupsOf(picture), trouble: troubleIn(picture) },
      charts: [
        { size: 'large', ...chartOf(picture.days, wideChart) },
        { size: 'small', ...chartOf(picture.days.slice(-narrowDays), narrowChart) },
      ],
      told: (await mailboxesOf(database, 'caOperator')).length,
      policyOf: ({ name }: Pick<JudgedReading, 'name'>) => policies.operations.readings[name],
      subjectOf: (subject: string) => subjectName(subject, language),
      valueOf: (one: JudgedReading) => valueText(one, language),
      redFrom: (one: JudgedReading) => boundText(one, one.red, language),
    });
  });
  return router;
}
