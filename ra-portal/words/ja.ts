import { access } from './ja/access.ts';
import { api } from './ja/api.ts';
import { applicant } from './ja/applicant.ts';
import { apply } from './ja/apply.ts';
import { bulk } from './ja/bulk.ts';
import { errors } from './ja/errors.ts';
import { help } from './ja/help.ts';
import { jobs } from './ja/jobs.ts';
import { letters } from './ja/letters.ts';
import { life } from './ja/life.ts';
import { lra } from './ja/lra.ts';
import { many } from './ja/many.ts';
import { officer } from './ja/officer.ts';
import { operations } from './ja/operations.ts';
import { people } from './ja/people.ts';
import { problems } from './ja/problems.ts';
import { rules } from './ja/rules.ts';
import { shared } from './ja/shared.ts';
import { usbTokens } from './ja/usb-tokens.ts';

/** The whole catalogue: these keys are the keys, and every other language has exactly them. */
export const ja = {
  ...shared,
  ...errors,
  ...rules,
  ...problems,
  ...api,
  ...applicant,
  ...access,
  ...help,
  ...apply,
  ...lra,
  ...life,
  ...bulk,
  ...officer,
  ...operations,
  ...people,
  ...letters,
  ...jobs,
  ...many,
  ...usbTokens,
} as const;
