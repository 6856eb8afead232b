/** RFC 3647 §6: every heading in its order. */
import { controls } from './rfc3647/controls.ts';
import type { Heading } from './rfc3647/heading.ts';
import { lifeCycle } from './rfc3647/life-cycle.ts';
import { profilesAndTerms } from './rfc3647/profiles-and-terms.ts';

export const outline: readonly Heading[] = [...lifeCycle, ...controls, ...profilesAndTerms];
