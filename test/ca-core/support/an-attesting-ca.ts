/** A running CA with two LRAs of two organisations, and lists that one of them attested. */
import type { CaseDocument } from '../../../ca-core/approvals/documents.ts';
import { aRequestedKey } from '../../support/a-ca.ts';
import type { Officer } from '../../support/an-officer.ts';
import {
  anAttestedCase,
  anAttestedList,
  anLra,
  type AttestedList,
  type ListChange,
} from '../../support/attested-list.ts';
import { aRunningCa, type ARunningCa } from './a-running-ca.ts';

export interface AnAttestingCa {
  readonly running: ARunningCa;
  readonly lra: Officer;
  /** Of another organisation: `otherNumber`. */
  readonly otherLra: Officer;
  /** A case as a job of the first LRA makes it. */
  readonly aRow: (change?: Partial<CaseDocument>) => CaseDocument;
  readonly rows: (count?: number) => CaseDocument[];
  /** Three rows, attested by that one and signed by both officers. */
  readonly signedBy: (by: Officer, change?: ListChange) => AttestedList;
}

export const otherNumber = '1180301018771';
export const subjectKey = aRequestedKey();
/** As the column of a row holds it. */
export const asRow = (value: unknown): string => JSON.stringify(value);

export async function anAttestingCa(): Promise<AnAttestingCa> {
  const running = await aRunningCa();
  const { platform, core } = running;
  const lra = await anLra(platform, core);
  const otherLra = await anLra(platform, core, { id: 'lra-other', organisations: [otherNumber] });
  const aRow: AnAttestingCa['aRow'] = (change = {}) => anAttestedCase(platform, lra, { subjectKey, ...change });
  const rows: AnAttestingCa['rows'] = (count = 3) => Array.from({ length: count }, () => aRow());
  return {
    ...{ running, lra, otherLra, aRow, rows },
    signedBy: (by, change = {}) => anAttestedList(platform, by, rows(), change),
  };
}
