import { signaturesNeeded, type AwaitingDocument } from '../../ca-core/index.ts';
import { applicationStates, type ApplicationState, type CertificateApplication } from '../applications/application.ts';
import { standingOf } from '../applications/standing.ts';
import type { PortalParts } from '../parts.ts';
import { applicationsLike } from '../store/applications.ts';

export interface QueueLine {
  readonly application: CertificateApplication;
  readonly state: ApplicationState;
  /** Signatures on the document that stands for the case; null while there is none. */
  readonly signatures: { readonly given: number; readonly needed: number } | null;
}

const longest = 100;

export interface QueueSearch {
  readonly text: string;
  readonly state: ApplicationState | null;
}

export function readSearch(query: Readonly<Record<string, unknown>>): QueueSearch {
  const text = typeof query['text'] === 'string' ? query['text'].trim().slice(0, 64) : '';
  return { text, state: applicationStates.find(state => state === query['state']) ?? null };
}

/** The newest hundred that fit. */
export async function queueOf({ database, ca }: PortalParts, search: QueueSearch): Promise<readonly QueueLine[]> {
  const found = await applicationsLike(database, { ...search, limit: longest });
  const lines: QueueLine[] = [];
  for (const application of found) {
    const { state } = await standingOf(ca, application);
    const { documentDigest } = application;
    const given = documentDigest === null ? 0 : (await ca.approvals.of(documentDigest)).length;
    lines.push({
      application,
      state,
      signatures: documentDigest === null ? null : { given, needed: signaturesNeeded.case },
    });
  }
  return lines;
}

/** What else waits for signatures: cases are in the queue itself. */
export async function otherDocuments({ ca }: PortalParts): Promise<readonly AwaitingDocument[]> {
  return (await ca.documents.awaiting()).filter(({ kind }) => kind !== 'case');
}
