import type { RobinsRecord } from '../../ca-core/index.ts';
import { PkiError } from '../../ca-core/errors.ts';
import { fetchAnswer, textOf } from './fetch-answer.ts';
import { sha256Hex } from './nta-row.ts';
import type { RegisterSource } from './register-source.ts';
import { readRobinsEntry, robinsRecordOf } from './robins-entry.ts';

/** `endpoint` holds `{number}`; it answers JSON with the attributes of an entry, or 404 for a number it does not list. */
export function robinsHttp(endpoint: string): RegisterSource<RobinsRecord> {
  const find = async (corporateNumber: string, now: number): Promise<RobinsRecord | null> => {
    const answer = await fetchAnswer('robins', new URL(endpoint.replaceAll('{number}', corporateNumber)));
    if (answer.status === 404) return null;
    if (answer.status !== 200) {
      throw new PkiError('registerUnavailable', { register: 'robins', because: `HTTP ${answer.status}` });
    }
    const entry = readRobinsEntry(readJson(textOf('robins', answer.bytes)));
    if (entry.corporateNumber !== corporateNumber) {
      throw new PkiError('registerUnavailable', { register: 'robins', because: 'answer about another organisation' });
    }
    return robinsRecordOf(entry, { source: 'robins-http', fetchedAt: now, rawHash: sha256Hex(answer.bytes) });
  };
  return { name: 'robins-http', find };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new PkiError('registerUnavailable', { register: 'robins', because: 'not JSON' });
  }
}
