/** Serializers are the caller's; bytes pass as they are. Here are the ones for UTF-8 strings. */
import { stringToUtf8 } from '../protocol/strings.ts';

export type Serializer<T> = (value: T, topic: string) => Uint8Array | null;
export type Deserializer<T> = (bytes: Uint8Array | null, topic: string) => T;

const decoder = new TextDecoder();

/** Strings as UTF-8; null stays null. */
export const utf8: {
  readonly serialize: (value: string | null) => Uint8Array | null;
  readonly deserialize: (bytes: Uint8Array | null) => string | null;
} = {
  serialize: (value) => (value === null ? null : stringToUtf8(value)),
  deserialize: (bytes) => (bytes === null ? null : decoder.decode(bytes)),
};

export function passBytes(bytes: Uint8Array | null): Uint8Array | null {
  return bytes;
}
