/** A message's fields as they are in one version: what the compilers of decoders and encoders work from. */
import type { FieldSchema, MessageSchema } from './schema.ts';

const PRIMITIVES = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  hash64: 8,
  float64: 8,
  uuid: 16,
  string: 0,
  bytes: 0,
  records: 0,
} as const;
export type Primitive = keyof typeof PRIMITIVES;

/** A struct in one version. */
export interface StructLayout {
  /** Unique within the message. */
  readonly id: number;
  readonly flexible: boolean;
  /** Every field of the schema, in its order; absent ones too, as readers see their defaults. */
  readonly fields: readonly FieldLayout[];
  /** The least that one takes on the wire. */
  readonly minimumBytes: number;
}

export interface FieldLayout {
  readonly name: string;
  readonly type: Primitive | StructLayout;
  readonly isArray: boolean;
  /** Lengths as unsigned varints. */
  readonly compact: boolean;
  readonly nullable: boolean;
  /** Where the field is in this version. */
  readonly place: 'absent' | 'plain' | 'tagged';
  readonly tag: number;
  /** The default where it is not the type's own; undefined otherwise. */
  readonly defaultValue: string | number | boolean | null | undefined;
  readonly minimumBytes: number;
}

/** Kafka's version range as [lowest, highest]; highest below lowest for "none". */
export function versionRange(text: string | undefined): readonly [lowest: number, highest: number] {
  if (text === undefined || text === 'none' || text === '') return [1, 0];
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text);
  if (match === null) throw new Error(`bad version range '${text}'`);
  const lowest = Number(match[1]);
  if (match[2] !== undefined) return [lowest, 0x7fff];
  return [lowest, match[3] === undefined ? lowest : Number(match[3])];
}

/** Is the version within Kafka's range? */
export function inVersions(version: number, text: string | undefined): boolean {
  const [lowest, highest] = versionRange(text);
  return version >= lowest && version <= highest;
}

/** The layout of a message's version. */
export function layoutOf(schema: MessageSchema, version: number): StructLayout {
  const flexible = inVersions(version, schema.flexibleVersions);
  let structs = 0;

  function struct(fields: readonly FieldSchema[]): StructLayout {
    const id = structs++;
    const laidOut = fields.map(field);
    let minimumBytes = flexible ? 1 : 0;
    for (const f of laidOut) if (f.place === 'plain') minimumBytes += f.minimumBytes;
    return { id, flexible, fields: laidOut, minimumBytes };
  }

  function field(f: FieldSchema): FieldLayout {
    const isArray = f.type.startsWith('[]');
    const base = isArray ? f.type.slice(2) : f.type;
    const type = base in PRIMITIVES ? (base as Primitive) : struct(f.fields ?? schema.structs?.[base] ?? missing(f.name));
    const present = inVersions(version, f.versions ?? f.taggedVersions);
    // The client id keeps its int16 length in every version: a server must be able to read the header before it knows the rest.
    const compact = flexible && !(schema.name === 'RequestHeader' && f.name === 'clientId');
    const nullable = inVersions(version, f.nullableVersions);
    const lengthBytes = compact ? 1 : base === 'string' && !isArray ? 2 : 4;
    const own = typeof type === 'string' ? PRIMITIVES[type] || lengthBytes : nullable ? 1 : type.minimumBytes;
    return {
      name: f.name,
      type,
      isArray,
      compact,
      nullable,
      place: !present ? 'absent' : flexible && inVersions(version, f.taggedVersions) ? 'tagged' : 'plain',
      tag: f.tag ?? -1,
      defaultValue: f.default === undefined && base === 'records' && nullable ? null : f.default,
      minimumBytes: isArray ? lengthBytes : own,
    };
  }

  function missing(name: string): never {
    throw new Error(`${schema.name}: no struct for ${name}`);
  }

  return struct(schema.fields);
}
