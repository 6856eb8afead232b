import type { Role } from './roles.ts';

/** How somebody showed who they are. None of these approves anything: that is the approval desk's own passkey. */
export type SignInMeans = 'passkey' | 'certificate' | 'totp' | 'accessCode' | 'token';

/** Who is behind a request. */
export interface Person {
  /** Member id on the roll for officers, id in the people table, reception number for applicants. */
  readonly id: string;
  readonly roles: readonly Role[];
  readonly name: string;
  readonly mailbox: string;
  /** Corporate Number of an LRA's organisation: it sees nothing of any other. Null for everybody else. */
  readonly organisation: string | null;
  readonly signedInBy: SignInMeans;
}

export const hasRole = ({ roles }: Pick<Person, 'roles'>, role: Role): boolean => roles.includes(role);
