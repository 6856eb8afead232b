/** What happened to each USB token, for as long as there is a portal; what was noted, for as long as its case's fields. */
import type { TokenAct, TokenState } from '../../ca-core/index.ts';
import type { Database } from './database.ts';

export interface TokenEvent {
  readonly serial: string;
  readonly at: number;
  readonly actor: string;
  readonly act: TokenAct | 'enter' | 'give' | 'takeBack' | 'take' | 'letter' | 'handLetter' | 'handToken' | 'follow';
  /** After it. */
  readonly state: TokenState;
  /** No secret stands here. */
  readonly details: Readonly<Record<string, string>>;
}

interface EventRow extends Omit<TokenEvent, 'details'> {
  id: number;
  details: string;
}

export async function addTokenEvent(database: Database, { details, ...event }: TokenEvent): Promise<void> {
  await database<EventRow>('token_events').insert({ ...event, details: JSON.stringify(details) });
}

/** Newest first. */
export async function tokenEventsOf(database: Database, serial: string): Promise<readonly TokenEvent[]> {
  const rows = await database<EventRow>('token_events').where({ serial }).orderBy('id', 'desc').limit(500);
  return rows.map(({ at, actor, act, state, details }) => {
    const read = JSON.parse(details) as TokenEvent['details'];
    return { serial, at, actor, act, state, details: read };
  });
}
