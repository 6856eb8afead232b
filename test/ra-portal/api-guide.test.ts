/** The guide's examples, read from the page and sent as they stand there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import request, { type Response } from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../ca-core/project-root.ts';
import { operations } from '../../ra-portal/api/operations.ts';
import { aPerson } from './support/a-person.ts';
import { aPortal, type APortal } from './support/a-portal.ts';
import { aProgram } from './support/a-program.ts';
import { person } from './support/an-application.ts';

const guide = readFileSync(join(projectRoot, 'docs', 'api.md'), 'utf8');
let world: APortal;
const known = new Map<string, string>([['SERIAL', 'ab12']]);

beforeAll(async () => {
  world = await aPortal();
  const [officer] = await world.officers();
  const lra = await aPerson(world, { role: 'lra', organisation: person.corporateNumber });
  const tokens = {
    AUTH: await aProgram(world, { kind: 'person', subject: lra.id }),
    OFFICER: await aProgram(world, { kind: 'officer', subject: officer.memberId }),
  };
  for (const [name, { token }] of Object.entries(tokens)) known.set(name, `Authorization: Bearer ${token}`);
  known.set('KAKUIN', world.url);
});
afterAll(() => world.end());

interface Example {
  readonly command: string;
  readonly headers: readonly string[];
  readonly url: string;
  readonly body: string | null;
}

const filled = (text: string): string => text.replace(/\$([A-Z]+)/g, (whole, name: string) => known.get(name) ?? whole);

function exampleOf(command: string): Example {
  const headers = [...command.matchAll(/-H "([^"]+)"/g)].map(([, header = '']) => header);
  const url = /"(\$KAKUIN[^"]+)"/.exec(command)?.[1] ?? '';
  return { command, headers, url, body: /-d '([^']+)'/.exec(command)?.[1] ?? null };
}

const blocks = [...guide.matchAll(/```\n([\s\S]*?)```/g)].map(([, block = '']) => block);
const commands = blocks.flatMap(block => block.split(/^(?=curl )/m)).filter(command => command.startsWith('curl '));
const examples = commands.map(exampleOf);

async function send({ command, headers, url, body }: Example): Promise<Response> {
  const isPost = body !== null || /-X POST|--data-binary/.test(command);
  const place = new URL(filled(url));
  const path = place.pathname + place.search;
  const sending = isPost ? request(world.url).post(path) : request(world.url).get(path);
  for (const header of headers.map(filled)) {
    const [name = '', value = ''] = header.split(/: (.*)/s);
    void sending.set(name, value);
  }
  if (body !== null) return sending.send(body);
  // No picture of anybody's licence: what is sent is refused for what it is, and by nothing before.
  return command.includes('--data-binary') ? sending.send(Buffer.from('no picture')) : sending;
}

describe('the guide', () => {
  it('has examples that do what it says', async () => {
    expect(examples.length).toBeGreaterThan(9);
    for (const example of examples) {
      const answer = await send(example);
      const { caseId } = answer.body as { caseId?: string };
      if (example.url.endsWith('/applications')) known.set('CASE', caseId ?? '');
      const expected = example.command.includes('--data-binary')
        ? [422]
        : example.url.includes('$SERIAL')
          ? [404]
          : [200, 201];
      expect(expected, `${example.command} ${answer.text}`).toContain(answer.status);
      if (answer.status === 422) expect(answer.body).toMatchObject({ code: 'fileKindUnknown' });
      if (answer.status === 404) expect(answer.body).toMatchObject({ code: 'certificateUnknown' });
    }
  });

  it('names only paths that there are', () => {
    const patterns = operations.map(({ path }) => new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`));
    const paths = [...guide.matchAll(/(?:\$KAKUIN|kakuin\.example)(\/api[^"?\s`]*)/g)].map(([, path = '']) => path);
    expect(paths.length).toBeGreaterThan(10);
    expect(paths.filter(path => !patterns.some(pattern => pattern.test(path)))).toEqual([]);
  });

  it('shows a refusal as it is', async () => {
    const shown = JSON.parse(/```json\n([\s\S]*?)```/.exec(guide)?.[1] ?? '') as { errors: object; type: string };
    const { headers = [], url = '', body } = examples.find(({ body }) => body?.includes('mailbox')) ?? {};
    const whole = Object.entries(JSON.parse(body ?? '{}') as Record<string, string>);
    const rest = Object.fromEntries(whole.filter(([name]) => name !== 'mailbox'));
    const sending = request(world.url)
      .post(new URL(filled(url)).pathname)
      .set('Accept-Language', 'en');
    const [, Authorization = ''] = filled(headers[0] ?? '').split(': ');
    const answer = await sending.set({ Authorization, 'Idempotency-Key': 'refused' }).send(rest);
    expect(answer.body).toEqual({ ...shown, type: shown.type.replace('https://kakuin.example', world.url) });
  });
});
