/** Something the user gave can't be used: one sentence that names the value and says what would be right. Exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Exit statuses of the command. */
export const EXIT = { held: 0, violated: 1, unusable: 2, harness: 3, interrupted: 130 } as const;
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

/** What each exit status means, as `--help` and README tell it. */
export const EXIT_MEANINGS: readonly (readonly [ExitStatus, string])[] = [
  [EXIT.held, 'everything held; what was asked for is done'],
  [EXIT.violated, 'a property was violated, coverage failed, or a cluster refused'],
  [EXIT.unusable, 'unusable arguments or files'],
  [EXIT.harness, 'the harness failed: a bug in it, a run that is not deterministic, or one that came to no end'],
  [EXIT.interrupted, 'interrupted (Ctrl-C) before the end, and nothing had failed until then'],
];
