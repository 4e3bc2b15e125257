/**
 * The form of a message schema: Kafka's own (clients/src/main/resources/common/message), as data. Field names are in
 * camel case; versions are Kafka's ranges ("3+", "0-4", "7", "none").
 */
export interface FieldSchema {
  readonly name: string;
  /**
   * Kafka's type: bool int8 int16 uint16 int32 uint32 int64 float64 string uuid bytes records, a struct's name, or [] before one of these. An int64 that is a hash
   * is called hash64 here: it is a bigint, as it takes all 64 bits.
   */
  readonly type: string;
  /** Left out: the same as taggedVersions. */
  readonly versions?: string;
  readonly nullableVersions?: string;
  readonly taggedVersions?: string;
  readonly tag?: number;
  /** What a reader sees when the field is not on the wire; without it zero (of a hash64 always), '', [], a struct of defaults, or the zero uuid. */
  readonly default?: string | number | boolean | null;
  readonly fields?: readonly FieldSchema[];
}

export interface MessageSchema {
  readonly name: string;
  readonly type: string;
  readonly apiKey?: number;
  readonly listeners?: readonly string[];
  readonly validVersions: string;
  readonly flexibleVersions: string;
  /** The highest version is defined and not released: nobody serves it. */
  readonly latestVersionUnstable?: boolean;
  readonly fields: readonly FieldSchema[];
  readonly structs?: { readonly [name: string]: readonly FieldSchema[] };
}

/**
 * What an encoder accepts for a message: every field may be left out and then has its schema default, at every depth.
 */
export type Draft<T> = T extends Uint8Array
  ? T
  : T extends readonly (infer U)[]
    ? readonly Draft<U>[]
    : T extends object
      ? { readonly [K in keyof T]?: Draft<T[K]> }
      : T;
