/** The places where a crash must be boring: before and after every step that leaves something behind (design §3). */

/** What the CA core does step by step; after a crash at either side of one the work goes on by itself. */
export const steps = [
  // issuing: §3, steps 1 to 7, the signer log between intention and signature, and the other end of an order
  'order.claim',
  'order.verify',
  'order.check',
  'order.lint',
  'order.intend',
  'order.log',
  'order.sign',
  'order.contain',
  'order.record',
  'order.refuse',
  // what an earlier run left
  'order.takeOver',
  // revoking and releasing: the journal, then the database
  'status.journal',
  'status.record',
  'status.refuse',
  'status.mend',
  // CRLs
  'crl.write',
  'crl.log',
  'crl.sign',
  'crl.record',
  // the responder's certificate
  'signer.lint',
  'signer.pin',
  'signer.log',
  'signer.sign',
  'signer.record',
  'signer.refuse',
  // the roll, the audit log
  'roll.anchor',
  'audit.sequence',
] as const;
export type Step = (typeof steps)[number];

export type Failpoint = `${'before' | 'after'} ${Step}`;

export const failpoints: readonly Failpoint[] = steps.flatMap(step => [`before ${step}`, `after ${step}`] as const);

/** Who is told at each of them; tests stop the process there, the product is told nothing. */
export interface Stoppable {
  readonly atFailpoint: (point: Failpoint) => Promise<void>;
}

/** Runs a step between its two failpoints. */
export async function takeStep<T>({ atFailpoint }: Stoppable, step: Step, work: () => T | Promise<T>): Promise<T> {
  await atFailpoint(`before ${step}`);
  const outcome = await work();
  await atFailpoint(`after ${step}`);
  return outcome;
}
