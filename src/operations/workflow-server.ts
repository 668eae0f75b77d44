/** How many workers ask for each kind of task; the server forgets one five minutes after it asked last. */
export interface Pollers {
  readonly workflow: number;
  readonly activity: number;
}

/** A run that is at work. */
export interface RunAtWork {
  readonly workflowId: string;
  readonly runId: string;
  /** It is of a type that bills subscriptions. */
  readonly isOfBilling: boolean;
  /** Whose it is by its id, and for what: its life, or its late usage. */
  readonly subscriptionId: string;
  readonly bills: 'life' | 'late_usage';
  /** Of its input; null: it names none. */
  readonly accountId: number | null;
}

/** What operations ask of the server that runs the workflows. Each rejects when it cannot be reached in time. */
export interface WorkflowServer {
  countPollers(livemode: boolean): Promise<Pollers>;
  /** null: no run of this workflow is at work. */
  findRun(livemode: boolean, workflowId: string): Promise<RunAtWork | null>;
  terminate(livemode: boolean, run: Pick<RunAtWork, 'workflowId' | 'runId'>, reason: string): Promise<void>;
}
