import { access } from './en/access.ts';
import { api } from './en/api.ts';
import { applicant } from './en/applicant.ts';
import { apply } from './en/apply.ts';
import { bulk } from './en/bulk.ts';
import { errors } from './en/errors.ts';
import { help } from './en/help.ts';
import { jobs } from './en/jobs.ts';
import { letters } from './en/letters.ts';
import { life } from './en/life.ts';
import { lra } from './en/lra.ts';
import { many } from './en/many.ts';
import { officer } from './en/officer.ts';
import { operations } from './en/operations.ts';
import { people } from './en/people.ts';
import { problems } from './en/problems.ts';
import { rules } from './en/rules.ts';
import { shared } from './en/shared.ts';
import { usbTokens } from './en/usb-tokens.ts';
import type { ja } from './ja.ts';

export const en: Readonly<Record<keyof typeof ja, string>> = {
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
};
