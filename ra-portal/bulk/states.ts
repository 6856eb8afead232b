/** Where a job and its rows stand, and what may become of them: data, and nothing else decides. */

/**
 * `checked` rows are becoming documents · `awaitingAttestation` of the LRA · `awaitingApproval` of two officers · `running`
 * the CA core issues · `paused` it takes up nothing more · `finished` every row has its end · `cancelled`.
 */
export const jobStates = [
  'checked',
  'awaitingAttestation',
  'awaitingApproval',
  'running',
  'paused',
  'finished',
  'cancelled',
] as const;
export type JobState = (typeof jobStates)[number];

/** From finished back: what failed gets new documents, and is attested and approved anew. */
export const jobTransitions: Readonly<Record<JobState, readonly JobState[]>> = {
  checked: ['awaitingAttestation', 'finished', 'cancelled'],
  awaitingAttestation: ['awaitingApproval', 'cancelled'],
  awaitingApproval: ['running', 'cancelled'],
  running: ['paused', 'finished', 'cancelled'],
  paused: ['running', 'cancelled'],
  finished: ['checked'],
  cancelled: [],
};

export const rowStates = ['waiting', 'ordered', 'issued', 'delivered', 'failed', 'cancelled'] as const;
export type RowState = (typeof rowStates)[number];

/** What was ordered of a cancelled job ends as the CA core says: issued, or cancelled where it had not begun. */
export const rowTransitions: Readonly<Record<RowState, readonly RowState[]>> = {
  waiting: ['ordered', 'failed', 'cancelled'],
  ordered: ['issued', 'failed', 'cancelled'],
  issued: ['delivered'],
  delivered: [],
  failed: ['waiting', 'cancelled'],
  cancelled: [],
};

export const mayBecome = (from: JobState, to: JobState): boolean => jobTransitions[from].includes(to);
export const rowMayBecome = (from: RowState, to: RowState): boolean => rowTransitions[from].includes(to);

/** The states of rows that may become `to`. */
export const rowsThatMayBecome = (to: RowState): readonly RowState[] =>
  rowStates.filter(from => rowMayBecome(from, to));
