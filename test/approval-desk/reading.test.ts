import { describe, expect, it } from 'vitest';
import { readDocument } from '../../approval-desk/document-reading.ts';
import type { Section } from '../../approval-desk/reading.ts';
import { wordsIn } from '../../approval-desk/words/words.ts';
import type { Member, RollDocument, SignableDocument } from '../../ca-core/index.ts';
import { aCaseDocument } from '../approvals/a-case-document.ts';
import { ca } from './a-desk.ts';

const titles = { 'in-person': '対面' };
const nowhere = { currentRoll: undefined, certificate: undefined, titles };

function textOf(sections: readonly Section[]): string {
  return sections
    .flatMap(({ title, rows }) => [title, ...rows.flatMap(({ label, value }) => [label, value])])
    .join('\n');
}

type Leaf = string | number | null;

function leavesOf(value: unknown): Leaf[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(leavesOf);
  return [value as Leaf];
}

const japanese = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Tokyo', dateStyle: 'short', timeStyle: 'medium' });

/** How a leaf of the document must stand in the reading. */
function shown(leaf: Leaf): string {
  if (leaf === null || leaf === '') return '';
  if (typeof leaf === 'number') return leaf > 1e9 ? japanese.format(leaf * 1000) : String(leaf);
  const words: Record<string, string> = {
    accepted: '可',
    authoritative: '権威ある源泉',
    verified: '検証された',
    unverified: '未検証',
    approve: '承認用パスキー',
    signIn: 'サインイン用パスキー',
    officer: '審査員',
    csr: '申請者の署名要求',
    server: '認証局が作り',
    organisationName: '組織名',
  };
  return words[leaf] ?? leaf;
}

function checkComplete({ kind, version, ...fields }: SignableDocument): void {
  expect(version).toBe(1);
  const text = textOf(readDocument({ kind, version, ...fields } as SignableDocument, nowhere, wordsIn.ja));
  for (const leaf of leavesOf(fields)) expect(text).toContain(shown(leaf));
}

const officer = (id: string, more: Partial<Member> = {}): Member => ({
  id,
  role: 'officer',
  name: `審査員 ${id}`,
  mailbox: `${id}@ca.example`,
  credentials: [{ use: 'approve', id: `credential-${id}`, publicKey: `3059${'0'.repeat(3)}${id.length}` }],
  ...more,
});

const roll = (members: Member[], number = 2, previous: string | null = 'ee'.repeat(32)): RollDocument => ({
  kind: 'roll',
  version: 1,
  ca,
  number,
  previous,
  members,
});

const keys = {
  ...{ version: 1 as const, ca, keys: ['ab'.repeat(32), 'cd'.repeat(32)] },
  ...{ because: 'found on a disk', requestedAt: 1_800_000_000 },
};

describe('the reading of a document', () => {
  it.each<[string, SignableDocument]>([
    ['case with a request', aCaseDocument({ ca })],
    [
      'case with a key of the CA',
      aCaseDocument({ ca, subjectKey: { from: 'server', algorithm: 'p-256', sealTo: '5e'.repeat(32) } }),
    ],
    [
      'revocation',
      {
        kind: 'revocation',
        version: 1,
        ca,
        serialNumber: '4f01',
        reason: 'keyCompromise',
        invalidityDate: 1_799_000_000,
        requestedAt: 1_800_000_000,
      },
    ],
    ['release', { kind: 'release', version: 1, ca, serialNumber: '4f01', requestedAt: 1_800_000_000 }],
    [
      'mass revocation',
      {
        ...{
          kind: 'massRevocation',
          version: 1,
          ca,
          serialNumbers: 'cd'.repeat(32),
          size: 12_345,
          chosenBy: 'profile x',
        },
        ...{ reason: 'keyCompromise', invalidityDate: 1_799_000_000, requestedAt: 1_800_000_000 },
      },
    ],
    ['block of keys', { kind: 'keyBlock', ...keys, proof: '3081aa' }],
    ['unblocking of keys', { kind: 'keyUnblock', ...keys }],
    ['roll', roll([officer('sato'), officer('suzuki')])],
  ])('leaves out nothing of a %s', (_name, document) => checkComplete(document));

  it('shows the very name that the certificate will hold', () => {
    const text = textOf(readDocument(aCaseDocument({ ca }), nowhere, wordsIn.en));
    expect(text).toContain('CN common name\nBN-YamadaHanako');
    expect(text).toContain('OU2-https://robins.jipdec.or.jp/Key.do?9999999999999999&J=1');
    expect(text).toContain('Mailbox (rfc822Name)\nyamada-hanako@example.jp');
  });

  it('warns of a name that cannot be read, and hides no character', () => {
    const document = { ...aCaseDocument({ ca, kanjiName: '山\u202E田\u200B' }), subject: '300a' };
    const text = textOf(readDocument(document, nowhere, wordsIn.ja));
    expect(text).toContain('内容を読み取れません');
    expect(text).toContain('山⟨U+202E⟩田⟨U+200B⟩');
  });

  it('tells what a roll changes, and whether it follows', () => {
    const currentRoll = { digest: 'ee'.repeat(32), roll: roll([officer('sato'), officer('suzuki')], 1, null) };
    const newKey = { use: 'approve' as const, id: 'credential-new', publicKey: '30590009' };
    const next = roll([officer('sato', { mailbox: 'new@ca.example', credentials: [newKey] }), officer('tanaka')]);
    const [changes] = readDocument(next, { ...nowhere, currentRoll }, wordsIn.ja);
    expect(changes?.rows.map(({ label }) => label)).toEqual([
      '追加 tanaka',
      '削除 suzuki',
      '変更 sato',
      '追加 sato',
      '削除 sato',
    ]);
    expect(changes?.rows[2]?.value).toBe('メールアドレス: sato@ca.example → new@ca.example');
    const stray = textOf(readDocument({ ...next, previous: 'ff'.repeat(32) }, { ...nowhere, currentRoll }, wordsIn.ja));
    expect(stray).toContain('現在の名簿に続くものではありません');
  });
});
