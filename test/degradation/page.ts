/** docs/degradation.md's tables, from the matrix and the policies that say how long what was made before holds. */
import type { SchedulePolicy } from '../../ca-core/index.ts';
import { acts, failures, matrix, type Act, type Cell, type Failure } from './matrix.ts';

type Language = 'en' | 'ja';

const heads: Readonly<Record<Language, Readonly<Record<Act | 'away', string>>>> = {
  en: {
    away: 'away is',
    apply: 'apply',
    approve: 'approve',
    issue: 'issue',
    pickUp: 'pick up',
    revoke: 'revoke',
    ocsp: 'OCSP',
    crl: 'CRL',
  },
  ja: {
    away: '止まったもの',
    apply: '申請',
    approve: '承認',
    issue: '発行',
    pickUp: '受け取り',
    revoke: '失効',
    ocsp: 'OCSP',
    crl: 'CRL',
  },
};

const names: Readonly<Record<Language, Readonly<Record<Failure, string>>>> = {
  en: {
    database: 'the database',
    token: "the issuing CA's token",
    mail: 'the mail server',
    register: 'the register APIs (500, or no answer)',
    auditDisk: "the audit log's disk (full)",
    dataDisk: 'the disk of the homes (full)',
    clock: 'the right time (two days ahead)',
    'ca-core': 'one program: the CA core',
    'ra-portal': 'one program: the portal',
    'approval-desk': 'one program: the approval desk',
    'ocsp-responder': 'one program: the responder',
    'crl-publisher': 'one program: the publisher',
  },
  ja: {
    database: 'データベース',
    token: '発行 CA のトークン',
    mail: 'メールサーバー',
    register: '登録簿の API(500、または無応答)',
    auditDisk: '監査記録のディスク(満杯)',
    dataDisk: '各ホームのディスク(満杯)',
    clock: '正しい時刻(二日進んだ)',
    'ca-core': 'プログラム一つ: CA コア',
    'ra-portal': 'プログラム一つ: ポータル',
    'approval-desk': 'プログラム一つ: 承認デスク',
    'ocsp-responder': 'プログラム一つ: OCSP レスポンダー',
    'crl-publisher': 'プログラム一つ: CRL 公開',
  },
};

export function tableIn(language: Language, schedule: Pick<SchedulePolicy, 'crl' | 'ocsp'>): string {
  const holds = { ocsp: schedule.ocsp.validity / 3600, crl: schedule.crl.nextUpdateAfter / 3600 };
  const wordsOf = (act: Act, cell: Cell): string => {
    const hours = act === 'ocsp' || act === 'crl' ? holds[act] : 0;
    return language === 'en' ? english(cell, hours) : japanese(cell, hours);
  };
  const head = [heads[language].away, ...acts.map(act => heads[language][act])];
  const rows = failures.map(failure => [
    names[language][failure],
    ...acts.map(act => wordsOf(act, matrix[failure][act])),
  ]);
  return [head, head.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`).join('\n');
}

function english(cell: Cell, hours: number): string {
  const words = {
    works: 'works',
    waits: 'waits',
    refused: 'refused',
    stale: `last one, ≤ ${hours} h`,
    away: 'no answer',
  } satisfies Record<Cell, string>;
  return cell === 'works' ? words.works : `**${words[cell]}**`;
}

function japanese(cell: Cell, hours: number): string {
  const words = {
    works: '動く',
    waits: '待つ',
    refused: '断る',
    stale: `直前のもの、${hours} 時間以内`,
    away: '応答なし',
  } satisfies Record<Cell, string>;
  return cell === 'works' ? words.works : `**${words[cell]}**`;
}
