/** Work of whoever leads that takes long and may wait: a little of it in each turn. */
export interface Aside {
  /** Does a little where something is due; whether there is more to do at once. Never throws: a failure is told, and tried again later. */
  readonly step: () => Promise<boolean>;
  /** Forgets or breaks off what was begun: another worker leads, or this one ends. */
  readonly stop: () => void;
}
