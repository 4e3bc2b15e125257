/** Assertions, which stay on. */

/** A state that must not exist. Ends the run of a simulation as a failure of its seed; stops the node in the real world. */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
}

/** Throws InvariantViolation with `message()` unless the condition holds. The message is built only on failure. */
export function invariant(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new InvariantViolation(message());
}
