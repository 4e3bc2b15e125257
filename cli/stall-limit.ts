/** The flag of every command that runs seeds. */
import { parseDuration } from '../campaign/seeds.ts';

/** Flag, description and parser, for commander's `option`. */
export const STALL_LIMIT = [
  '--stall-limit <TIME>',
  'give up a run that makes no progress for this real time (default: 20s)',
  parseDuration,
] as const;

/** From commander's name of the flag to the one that options of runs have. */
export function stallLimitMs<T extends { readonly stallLimit?: number }>(options: T): T & { readonly stallLimitMs?: number } {
  return options.stallLimit === undefined ? options : { ...options, stallLimitMs: options.stallLimit };
}
