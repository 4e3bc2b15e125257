/** Where a consumer begins without a valid position: `auto.offset.reset`. */
import { durationMs } from './duration.ts';

export type ResetStrategy =
  | 'earliest'
  | 'latest'
  /** With the first record that is not older than this (KIP-1106). */
  | { readonly durationMs: number };

/** earliest, latest or by_duration:PnDTnHnMn.nS with a duration that is not negative; null: anything else, such as none. */
export function resetStrategy(text: string): ResetStrategy | null {
  if (text === 'earliest' || text === 'latest') return text;
  const [, duration] = /^by_duration:(.*)$/.exec(text) ?? [];
  const ms = duration === undefined ? null : durationMs(duration);
  return ms === null || ms < 0 ? null : { durationMs: ms };
}
