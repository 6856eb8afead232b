/** Sessions of which each does one thing at a time, as PKCS#11 has it; who finds none free waits in line. */
export interface SessionPool<Session> {
  readonly all: readonly Session[];
  readonly use: <T>(act: (session: Session) => Promise<T>) => Promise<T>;
}

export function openSessionPool<Session>(all: readonly Session[]): SessionPool<Session> {
  const free = [...all];
  const line: ((session: Session) => void)[] = [];
  const giveBack = (session: Session): void => {
    const next = line.shift();
    if (next === undefined) free.push(session);
    else next(session);
  };
  return {
    all,
    use: async act => {
      const session = free.pop() ?? (await new Promise<Session>(resolve => line.push(resolve)));
      try {
        return await act(session);
      } finally {
        giveBack(session);
      }
    },
  };
}
