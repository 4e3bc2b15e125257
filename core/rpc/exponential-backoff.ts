import type { RandomStream } from '../../ports/random.ts';

/** Kafka's ExponentialBackoff with factor 2 and 20 % jitter either way: `attempts` failures so far, milliseconds to wait. */
export function exponentialBackoff(
  initialMs: number,
  maxMs: number,
  attempts: number,
  random: RandomStream,
  label: string,
): number {
  if (initialMs <= 0 || maxMs <= initialMs) return initialMs;
  const exponent = Math.min(attempts, Math.log2(maxMs / initialMs));
  const jitter = random.between(800, 1200, label) / 1000;
  return Math.min(Math.floor(initialMs * 2 ** exponent * jitter), maxMs);
}
