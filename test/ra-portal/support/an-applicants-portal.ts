/** A portal as applicants meet it: drafts step by step, files that they send, and cases that came to a certificate. */
import type { Test } from 'supertest';
import { expect } from 'vitest';
import { compiled } from '../../support/compiled.ts';
import { aPortal, type APortal, type PortalOfficer } from './a-portal.ts';
import type { Visitor } from './a-visitor.ts';
import { issued, type Applied } from './an-application.ts';
import { typed } from './answer-steps.ts';

export interface AnApplicantsPortal {
  readonly world: APortal;
  readonly officers: readonly [PortalOfficer, PortalOfficer];
  /** Somebody with a draft. */
  readonly begun: () => Promise<Visitor>;
  /** All steps, answered in order. */
  readonly answered: () => Promise<Visitor>;
  /** A file in the form of a page, as a driving licence unless the fields say otherwise. */
  readonly send: (visitor: Visitor, path: string, file: Buffer, choice?: SentFields) => Promise<Test>;
  /** Its reception number. */
  readonly submitted: (visitor: Visitor) => Promise<string>;
  /** A case that both officers approved, with its certificate. */
  readonly issued: () => Promise<Applied>;
  readonly end: () => Promise<void>;
}

export interface SentFields {
  readonly fields?: Readonly<Record<string, string>>;
}

export async function anApplicantsPortal(): Promise<AnApplicantsPortal> {
  compiled('ra-portal/uploads/clean-program.ts');
  const world = await aPortal();
  const officers = await world.officers();
  return {
    ...{ world, officers, submitted },
    begun: () => begun(world),
    answered: () => answered(world),
    send: (visitor, path, file, { fields } = {}) => send(visitor, { origin: world.url, path, file, fields }),
    issued: async () => {
      await officers[0].signIn();
      return issued(world, officers);
    },
    end: () => world.end(),
  };
}

async function begun(world: APortal): Promise<Visitor> {
  const visitor = world.visitor();
  await visitor.form('/apply/draft', {});
  return visitor;
}

async function answered(world: APortal): Promise<Visitor> {
  const visitor = await begun(world);
  const contact = { ...typed['contact'], delivery: 'pkcs12', keyAlgorithm: 'p-256' };
  for (const [step, fields] of Object.entries({ kind: { profile: 'jcan-classic' }, ...typed, contact })) {
    const answer = await visitor.form(`/apply/${step}`, fields, `/apply/${step}`);
    expect(answer.status, step).toBe(303);
  }
  return visitor;
}

interface Sent {
  readonly origin: string;
  readonly path: string;
  readonly file: Buffer;
  readonly fields?: SentFields['fields'];
}

const aLicence = { document: 'driving-licence', validUntil: '令和10年5月1日' };

async function send(visitor: Visitor, { origin, path, file, fields = aLicence }: Sent): Promise<Test> {
  const formToken = /name="formToken" value="([^"]+)"/.exec((await visitor.page(path)).text)?.[1] ?? '';
  const request = visitor.agent.post(path).set({ Origin: origin, Accept: 'text/html' });
  for (const [field, value] of Object.entries({ formToken, ...fields })) void request.field(field, value);
  return request.attach('file', file, 'photo.jpg');
}

async function submitted(visitor: Visitor): Promise<string> {
  const received = await visitor.form('/apply', { sealTo: 'ab'.repeat(32) }, '/apply/check');
  expect(received.status).toBe(201);
  return /id="case-id">([^<]+)</.exec(received.text)?.[1] ?? '';
}
