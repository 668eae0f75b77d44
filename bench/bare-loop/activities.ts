export interface BareActivities {
  /** Does nothing. */
  tick(): Promise<void>;
}
