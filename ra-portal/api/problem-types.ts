/** The catalogue of problem types: what `type` of a problem leads to. Browsers get pages of the same (pages/problems.ts). */
import { z } from '../../ca-core/schema.ts';
import { catalogue } from '../words/words.ts';
import { json, operation } from './operation.ts';
import { problemCodes, problemStatus, sentenceOf } from './problem.ts';
import type { ProblemCode } from './problem-codes.ts';

const text = z.strictObject({ ja: z.string(), en: z.string() });
export const problemType = z.strictObject({ code: z.string(), status: z.int(), title: text, detail: text });
export const problemTypes = z.strictObject({ problems: z.array(problemType) });

export interface ShownProblemType extends z.infer<typeof problemType> {
  readonly code: ProblemCode;
}

/** Null where there is none. */
export function problemTypeOf(wanted: string): ShownProblemType | null {
  const code = problemCodes.find(known => known === wanted);
  if (code === undefined) return null;
  const { ja, en } = catalogue;
  return {
    code,
    status: problemStatus[code],
    title: { ja: ja[`problem.${code}`], en: en[`problem.${code}`] },
    detail: { ja: general(ja[sentenceOf(code)]), en: general(en[sentenceOf(code)]) },
  };
}

/** Of every occurrence: what only one of them could fill in is left out. */
const general = (sentence: string): string => sentence.replace(/\{\w+\}/g, '…');

export const problemTypeList = (): readonly ShownProblemType[] =>
  problemCodes.map(problemTypeOf).filter(found => found !== null);

class NothingThere extends Error {
  readonly status = 404;
}

export const problemOperations = [
  operation({
    id: 'listProblemTypes',
    method: 'GET',
    path: '/api/v1/problems',
    summary: 'Every type of problem',
    scope: null,
    answers: { 200: problemTypes },
    refusals: [],
    isPageToo: true,
    run: () => Promise.resolve(json(200, { problems: problemTypeList() })),
  }),
  operation({
    id: 'getProblemType',
    method: 'GET',
    path: '/api/v1/problems/:code',
    summary: 'One type of problem',
    scope: null,
    answers: { 200: problemType },
    refusals: ['pageUnknown'],
    isPageToo: true,
    run: ({ parameters }) => {
      const found = problemTypeOf(parameters['code'] ?? '');
      if (found === null) throw new NothingThere();
      return Promise.resolve(json(200, found));
    },
  }),
];
