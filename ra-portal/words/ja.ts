import { applicant } from './ja/applicant.ts';
import { errors } from './ja/errors.ts';
import { letters } from './ja/letters.ts';
import { officer } from './ja/officer.ts';
import { people } from './ja/people.ts';
import { rules } from './ja/rules.ts';
import { shared } from './ja/shared.ts';

/** The whole catalogue: these keys are the keys, and every other language has exactly them. */
export const ja = { ...shared, ...errors, ...rules, ...applicant, ...officer, ...people, ...letters } as const;
