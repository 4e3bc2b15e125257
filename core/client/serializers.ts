/** Serializers are the caller's; bytes pass as they are. Here are the ones for UTF-8 strings. */
export type Serializer<T> = (value: T, topic: string) => Uint8Array | null;
export type Deserializer<T> = (bytes: Uint8Array, topic: string) => T;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const utf8Serializer: Serializer<string | null> = (value) => (value === null ? null : encoder.encode(value));
export const utf8Deserializer: Deserializer<string> = (bytes) => decoder.decode(bytes);

export function passBytes(bytes: Uint8Array | null): Uint8Array | null {
  return bytes;
}
