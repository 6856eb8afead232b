/** A further issuing CA of a home, made by a ceremony as an operator holds it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { holdCeremony } from '../../ca-core/ceremony.ts';
import { readCeremonyPlan } from '../../ca-core/ceremony/plan.ts';
import { openTranscript } from '../../ca-core/ceremony/transcript.ts';
import { projectRoot } from '../../ca-core/project-root.ts';
import { toHex, type Der } from '../../ca-core/x509/der.ts';
import type { ACa } from './a-ca.ts';

/** Makes `issuing-2`, a P-384 key under the same root, beside the first. Its id and certificate. */
export async function addSecondIssuer(ca: ACa, signerPublicKey: Der): Promise<{ id: string; certificate: Der }> {
  const text = readFileSync(join(projectRoot, 'policies', 'ceremony.yaml'), 'utf8')
    .replace('name: issuing', 'name: issuing-2')
    .replace('Issuing CA 1', 'Issuing CA 2')
    .replace('algorithm: p-256', 'algorithm: p-384');
  const plan = readCeremonyPlan(text, ca.policies);
  const head = { title: 'rollover', part: 'all', operators: plan.operators, witnesses: [], plan: '', tools: {} };
  const { home, crlUrl } = ca.settings;
  const { issuing } = await holdCeremony({
    ground: {
      ...{ plan, home, crlUrl, caKeys: 'file', policies: ca.policies, clock: ca.clock },
      transcript: openTranscript(head, ca.clock, () => Promise.resolve(undefined)),
    },
    rootPassphrase: 'the root passphrase',
    caPassphrase: 'a passphrase for tests',
    signerPublicKey: toHex(signerPublicKey),
    store: ca.store,
    keepSecrets: () => {
      throw new Error('the operators keep their secrets');
    },
  });
  const row = (await ca.store.issuers.list()).find(({ name }) => name === 'issuing-2');
  if (row === undefined) throw new Error('the second issuing CA was not published');
  return { id: row.id, certificate: issuing };
}
