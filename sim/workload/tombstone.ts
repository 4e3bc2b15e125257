/**
 * Records without a value, by which a key is deleted from a compacted topic. The history knows a record by its value, which is unique; of a
 * tombstone it is what a header says instead.
 */
import { utf8 } from '../../core/client/serializers.ts';

interface Header {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** What is sent: a record without a value, and the headers that it is known by. */
export interface Tombstone {
  readonly value: null;
  readonly headers: readonly Header[];
}

const NAME_HEADER = 'known-as';

/** A tombstone that the history knows by this name, which must be unique in the run. */
export function tombstone(name: string): Tombstone {
  return { value: null, headers: [{ key: NAME_HEADER, value: utf8.serialize(name) }] };
}

/** What the history knows a record by: its value, or of a tombstone its name. '': it has neither. */
export function nameOf({ value, headers }: { readonly value: string | null; readonly headers: readonly Header[] }): string {
  if (value !== null) return value;
  return utf8.deserialize(headers.find(({ key }) => key === NAME_HEADER)?.value ?? null) ?? '';
}
