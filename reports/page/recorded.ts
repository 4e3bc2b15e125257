/**
 * A run that no browser can make again (an application of a user's own needs Node), as text: what the page shows of it, and its lines but
 * for those that come by the thousand.
 */
import type { RunRecord } from './record/run-record.ts';

export interface RecordedRun {
  readonly record: RunRecord;
  /** By line; '': it is told by its kind alone. */
  readonly texts: readonly string[];
}

const KINDS = { Float64Array, Int32Array, Uint32Array, Uint16Array, Uint8Array } as const;
type Kind = keyof typeof KINDS;

interface Packed {
  readonly kind: Kind;
  readonly numbers: readonly number[];
}

export function recordedText(run: RecordedRun): string {
  return JSON.stringify(run, (_, value: unknown) =>
    ArrayBuffer.isView(value)
      ? { kind: value.constructor.name, numbers: Array.from(value as unknown as ArrayLike<number>) }
      : value,
  );
}

/** Throws SyntaxError if it is no JSON. */
export function recordedRun(text: string): RecordedRun {
  return unpacked(JSON.parse(text)) as RecordedRun;
}

function unpacked(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isPacked(value)) return KINDS[value.kind].from(value.numbers);
  if (Array.isArray(value)) return value.map(unpacked);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, unpacked(inner)]));
}

function isPacked(value: object): value is Packed {
  return 'kind' in value && 'numbers' in value && String(value.kind) in KINDS;
}
