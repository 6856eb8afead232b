/** Everything that a document may take from the product itself. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { wordsIn as deskWords } from '../../approval-desk/words/words.ts';
import { approvalLifetime } from '../../ca-core/approvals/challenge.ts';
import { readPolicies } from '../../ca-core/index.ts';
import { least as leastAudited, part as auditedPart } from '../../ca-core/self-audit.ts';
import { longestSubscriberValidity } from '../../ca-core/profiles/profile-rules.ts';
import { idleLifetime } from '../../ra-portal/people/accounts.ts';
import { roles } from '../../ra-portal/people/roles.ts';
import { tokenDays } from '../../ra-portal/people/api-tokens.ts';
import { en } from '../../ra-portal/words/en.ts';
import { ja } from '../../ra-portal/words/ja.ts';
import { readSettings, serviceNames } from '../settings.ts';
import { figureIn } from './figures.ts';
import type { Facts, Language } from './marks.ts';
import { policyFact, secondsText } from './policy-facts.ts';
import { policyTables } from './policy-tables.ts';

type Said = (language: Language) => string;

/** What the code says and no file of policies/ does. */
const constants: Readonly<Record<string, Said>> = {
  approvalLifetime: language => secondsText(approvalLifetime, language),
  longestSubscriberValidity: () => String(longestSubscriberValidity),
  idleLifetime: language => secondsText(idleLifetime, language),
  leastAudited: () => String(leastAudited),
  auditedPercent: () => String(auditedPart * 100),
  tokenDays: () => String(tokenDays.usual),
  longestTokenDays: () => String(tokenDays.most),
  services: () => serviceNames.map(name => `\`${name}\``).join(', '),
  roles: () => roles.map(name => `\`${name}\``).join(', '),
};

const pageWords: Readonly<Record<Language, Readonly<Record<string, string>>>> = { ja, en };

/** `document.lead`, where that is one text. */
function deskWord(path: string, language: Language): string | undefined {
  let value: unknown = deskWords[language];
  for (const key of path.split('.')) value = (value as Readonly<Record<string, unknown>> | undefined)?.[key];
  return typeof value === 'string' ? value : undefined;
}

/**
 * `FILE.yaml PATH` of policies/ · `table NAME` · `constant NAME` · `setting KAKUIN_…` as `npm start` completes it ·
 * `figure NAME COLUMN` of docs/figures.md · `word KEY` of the portal's pages and `desk PATH` of the approval desk's.
 */
export function factsOf(root: string): Facts {
  const folder = join(root, 'policies');
  const policies = readPolicies(folder);
  const settings = readSettings({ KAKUIN_HOME: 'var' }).values;
  const figures = readFileSync(join(root, 'docs', 'figures.md'), 'utf8');
  return (name, language) => {
    const [kind = '', ...words] = name.split(' ');
    const rest = words.join(' ');
    if (kind === 'table') return policyTables[rest]?.(policies, language);
    if (kind === 'constant') return constants[rest]?.(language);
    if (kind === 'setting') return settings[rest];
    if (kind === 'figure') return figureIn(figures, rest);
    if (kind === 'word') return pageWords[language][rest];
    if (kind === 'desk') return deskWord(rest, language);
    return policyFact(folder, name, language);
  };
}
