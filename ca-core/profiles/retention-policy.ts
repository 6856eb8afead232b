/** How long each class of what the portal holds of people is kept (policies/retention.yaml). */
import { z } from '../schema.ts';
import { duration, timeAtNight } from './policies.ts';
import { title } from './profile.ts';

const year = 365 * 86_400;

const rule = <F extends string>(from: F) => z.strictObject({ title, keep: duration, from: z.literal(from) });

/** S/MIME BR §5.5.2: at least two years after the certificate's end. */
const afterCertificate = rule('certificateEnd').refine(
  ({ keep }) => keep >= 2 * year,
  'must be kept 730 days after the certificate’s end at least',
);

/** All that is left of a case goes with its fields. */
const ofOneCase = ['uploadedDocuments', 'identityRecords', 'deskNotes'] as const;
const notLonger = 'must not be kept longer than applicationFields: with these the whole case goes';

export const retentionPolicy = z.strictObject({
  at: timeAtNight,
  classes: z
    .strictObject({
      uploadedDocuments: afterCertificate,
      identityRecords: afterCertificate,
      applicationFields: afterCertificate,
      deskNotes: afterCertificate,
      abandonedApplications: rule('lastChange'),
      refusedApplications: rule('decision'),
      closedReports: rule('closing'),
      endedCards: rule('ending'),
      sentLetters: rule('sending'),
      endedSessions: rule('lastSeen'),
    })
    .superRefine((classes, context) => {
      for (const name of ofOneCase)
        if (classes[name].keep > classes.applicationFields.keep)
          context.addIssue({ code: 'custom', path: [name, 'keep'], message: notLonger });
    }),
  /** What no rule deletes, and why. */
  keptForGood: z.array(title),
});
export type RetentionPolicy = z.infer<typeof retentionPolicy>;
export type RetentionClass = keyof RetentionPolicy['classes'];
