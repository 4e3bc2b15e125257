/** An application reached for what the simulated world does not have. */

/** The message is one sentence for people: what was called, why it can't be, and how to give the application something in its stead. */
export class OutsideError extends Error {
  override readonly name = 'OutsideError';

  constructor(module: string, call: string, why: string, remedy: string = standIn(module)) {
    super(`${call} of ${module} was called in a simulated application, but ${why}: ${remedy}`);
  }
}

function standIn(module: string): string {
  return `give the application a stand-in for it, app({ standIns: { '${module}': './a-file-of-yours.ts' } })`;
}
