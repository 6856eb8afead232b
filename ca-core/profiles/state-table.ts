/** States and the acts that lead from one to another, as a table in policies/: what is not in it does not happen. */
import { z } from '../schema.ts';

export interface Transition<State, Act> {
  readonly act: Act;
  readonly from: readonly State[];
  readonly to: State;
}

/** One row of such a table. */
export const transitionRow = <State extends string, Act extends string>(
  states: readonly State[],
  acts: readonly Act[],
) => z.strictObject({ act: z.enum(acts), from: z.array(z.enum(states)).min(1), to: z.enum(states) });

/** Every act stands in it once. */
export const hasEachOnce = <Act>(rows: readonly { readonly act: Act }[], acts: readonly Act[]): boolean =>
  acts.every(act => rows.filter(row => row.act === act).length === 1);

export const eachOnce = 'every act must stand here once';

/** The state after an act, or null where the table does not allow it. */
export function stateAfter<State, Act>(table: readonly Transition<State, Act>[], act: Act, state: State): State | null {
  const row = table.find(one => one.act === act && one.from.includes(state));
  return row === undefined ? null : row.to;
}
