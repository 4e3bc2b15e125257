/** Something the user gave can't be used: one sentence that names the value and says what would be right. Exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Exit statuses of the command, and what they mean. */
export const EXIT = { held: 0, violated: 1, unusable: 2, harness: 3 } as const;
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];
