/** The National Tax Agency's Corporate Number Web-API, version 4 (num, type 02: CSV in UTF-8). */
import type { NtaRecord } from '../../ca-core/index.ts';
import { PkiError } from '../../ca-core/errors.ts';
import { fetchAnswer, textOf, type RegisterAnswer } from './fetch-answer.ts';
import { ntaRecordOf, ntaRowOf, readCsv, sha256Hex, type NtaRow } from './nta-row.ts';
import type { RegisterSource } from './register-source.ts';

/** `base` as in `https://api.houjin-bangou.nta.go.jp/4`; `applicationId` is the 13-character id that the NTA gives out. */
export function ntaApi({ base, applicationId }: { base: string; applicationId: string }): RegisterSource<NtaRecord> {
  const find = async (corporateNumber: string, now: number): Promise<NtaRecord | null> => {
    const url = new URL(`${base.replace(/\/$/, '')}/num`);
    url.search = new URLSearchParams({
      id: applicationId,
      number: corporateNumber,
      type: '02',
      history: '0',
    }).toString();
    const answer = await fetchAnswer('nta', url);
    if (answer.status !== 200) throw refusalOf(answer);
    const row = rowsOf(answer).findLast(found => found.corporateNumber === corporateNumber && found.latest !== '0');
    const provenance = { source: 'nta-api', fetchedAt: now, rawHash: sha256Hex(answer.bytes) } as const;
    return row === undefined ? null : ntaRecordOf(row, provenance);
  };
  return { name: 'nta-api', find };
}

/** First line: lastUpdateDate, count, divideNumber, divideSize. The rest: one row of 30 columns for each record. */
function rowsOf(answer: RegisterAnswer): NtaRow[] {
  const lines = linesOf(answer);
  const [heading, ...rest] = lines;
  const rows = rest.map(ntaRowOf);
  const whole = rows.filter(row => row !== null);
  if (heading?.length !== 4 || Number(heading[1]) !== rows.length || whole.length !== rows.length) {
    throw new PkiError('registerUnavailable', { register: 'nta', because: 'answer not understood' });
  }
  return whole;
}

function linesOf(answer: RegisterAnswer): string[][] {
  const text = textOf('nta', answer.bytes);
  try {
    return readCsv(text);
  } catch {
    throw new PkiError('registerUnavailable', { register: 'nta', because: 'answer not understood' });
  }
}

/** 400 `code,message` bad request, 403 too many requests, 404 unknown application id. */
function refusalOf(answer: RegisterAnswer): PkiError {
  const code = new TextDecoder().decode(answer.bytes.subarray(0, 16)).split(',')[0] ?? '';
  const because = /^\d{1,4}$/.test(code) ? `HTTP ${answer.status}, code ${code}` : `HTTP ${answer.status}`;
  return new PkiError('registerUnavailable', { register: 'nta', because });
}
