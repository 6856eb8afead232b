/** A letter of each alert to every CA operator, in both languages: figures and fixed sentences, nothing secret. */
import { openStore, valueText, type Alert } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { inOneStep } from '../store/database.ts';
import { postLetter } from '../store/letters.ts';
import { mailboxesOf } from '../store/operations.ts';
import type { Language } from '../words/language.ts';
import { say, timeText } from '../words/words.ts';
import { subjectName } from './groups.ts';

const atOnce = 20;

export async function mailAlerts(
  parts: Pick<PortalParts, 'clock' | 'database' | 'policies' | 'settings'>,
): Promise<void> {
  const { database, clock } = parts;
  if ((await openStore(database).alerts.unmailed(1)).length === 0) return;
  await inOneStep(database, async trx => {
    const { alerts } = openStore(trx);
    const mailboxes = await mailboxesOf(trx, 'caOperator');
    const at = clock.now();
    for (const alert of await alerts.unmailed(atOnce)) {
      for (const mailbox of mailboxes) await postLetter(trx, { mailbox, ...letterOf(alert, parts), at });
      await alerts.noteMailed(alert.id, at);
    }
  });
}

function letterOf(
  alert: Alert,
  { policies, settings }: Pick<PortalParts, 'policies' | 'settings'>,
): { readonly subject: string; readonly body: string } {
  const policy = policies.operations.readings[alert.reading];
  const kind = alert.state === 'green' ? 'over' : alert.cause === 'reminder' ? 'still' : 'red';
  const inLanguage = (language: Language): { readonly subject: string; readonly body: string } => {
    const of = subjectName(alert.subject, language);
    const name = of === '' ? policy.name[language] : `${policy.name[language]} (${of})`;
    const value = valueText({ value: alert.value, unit: policy.unit }, language);
    const values = { name, value, since: timeText(language, alert.since), link: `${settings.url}/operations` };
    const act = alert.state === 'green' ? '' : `\n${policy.act[language]}\n`;
    return {
      subject: say(language, `letter.alert.${kind}`, values),
      body: `${say(language, `letter.alert.${kind}`, values)}\n\n${say(language, 'letter.alert.body', values)}\n${act}`,
    };
  };
  const [ja, en] = [inLanguage('ja'), inLanguage('en')];
  return { subject: `${ja.subject} / ${en.subject}`, body: `${ja.body}\n――――\n\n${en.body}\n` };
}
