/** An option, or a directory that an option names, with which no cluster can be started; the message is one sentence for people. */
export class UnusableError extends Error {
  override readonly name = 'UnusableError';
}
