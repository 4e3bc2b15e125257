/** Sequence numbers are int32 that wrap from 2^31 - 1 to 0. */
export const NO_SEQUENCE = -1;
const MODULUS = 2 ** 31;

export function incrementSequence(sequence: number, increment: number): number {
  return (sequence + increment) % MODULUS;
}

export function decrementSequence(sequence: number, decrement: number): number {
  return (sequence - decrement + MODULUS) % MODULUS;
}

/** How far `to` lies after `from`, wrapping; negative when it lies before (by less than half the range). */
export function sequenceDistance(from: number, to: number): number {
  const forward = (to - from + MODULUS) % MODULUS;
  return forward >= MODULUS / 2 ? forward - MODULUS : forward;
}
