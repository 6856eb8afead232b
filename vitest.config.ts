import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What is to hold on either database runs on both; the contract of the stores (test/contracts/store.ts) does by itself. */
const onPostgresToo = [
  'test/backup/*.test.ts',
  'test/ca-core/{attested-{attestations,lists,rows},blocked-keys,certificates,console-{recovery,registrations,rolls},containers,crl-{clock-jumps,lists},hand-written-{approvals,crls,orders,releases,revocations,rolls},issue,mass-revocation,nonsense-rows,rollover,rollover-running,self-audit,status,keys-audit}.test.ts',
  'test/crl-publisher/publish{,-alarms,-hand-written}.test.ts',
  'test/faults/{audit-unwritable,database-contended,disk-full,failing-commits,kill-at-any-time,kill-at-each-step,kill-the-bulk-jobs,kill-the-publisher,upgrade}.test.ts',
  'test/ocsp-responder/gaps.test.ts',
  'test/ra-portal/{accounts,api-once,applicant-{drafts,documents,cases,ends},bulk-{jobs,steering},cards,decisions,expiry-notices,journey,lists,lra-{applies,follows},no-key-left,people,queue,rekey-campaign,renewals,retention,reviews,usb-token-lots,usb-tokens-{given,made,active}}.test.ts',
];

/** Minutes long, whatever else runs: begun last they would run alone. */
const longest = /faults\/mixed-load/;

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLongest = ({ moduleId }: TestSpecification): boolean => longest.test(moduleId);
    return [...sorted.filter(isLongest), ...sorted.filter(one => !isLongest(one))];
  }
}

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: 'sqlite', include: ['test/**/*.test.ts'] } },
      {
        extends: true,
        test: { name: 'postgresql', include: onPostgresToo, env: { KAKUIN_TEST_DATABASE: 'postgresql' } },
      },
    ],
  },
});
