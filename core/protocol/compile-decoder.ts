/**
 * Makes a decode function for one version of a message. The source has one function per struct, straight-line reads in
 * wire order, and one object literal with every field in schema order: objects of all versions have the same hidden class.
 */
import type { FieldLayout, Primitive, StructLayout } from './layout.ts';
import type { Reader } from './reader.ts';

export type Decode = (reader: Reader) => unknown;

const READ: { readonly [P in Primitive]: string } = {
  bool: 'bool',
  int8: 'int8',
  int16: 'int16',
  uint16: 'uint16',
  int32: 'int32',
  uint32: 'uint32',
  int64: 'int64',
  hash64: 'hash64',
  float64: 'float64',
  uuid: 'uuid',
  string: '',
  bytes: '',
  records: '',
};

/** Compiles a decoder; it throws DecodeError alone. */
export function compileDecoder(layout: StructLayout): Decode {
  const functions: string[] = [];
  writeStruct(layout, functions);
  // oxlint-disable-next-line typescript/no-implied-eval -- the source is made from our own schemas, for speed
  const make = new Function('EMPTY', `'use strict';\n${functions.join('\n')}\nreturn read${layout.id};`) as (
    empty: Uint8Array,
  ) => Decode;
  return make(new Uint8Array(0));
}

function writeStruct(struct: StructLayout, functions: string[]): void {
  const body: string[] = [];
  const tagged: FieldLayout[] = [];
  struct.fields.forEach((field, i) => {
    if (typeof field.type !== 'string') writeStruct(field.type, functions);
    if (field.place === 'plain') {
      body.push(...readField(field, `f${i}`));
    } else {
      body.push(`let f${i} = ${defaultSource(field)};`);
      if (field.place === 'tagged') tagged.push(field);
    }
  });
  if (struct.flexible) body.push(...readTags(struct, tagged));
  const properties = struct.fields.map((field, i) => `${field.name}: f${i}`).join(', ');
  functions.push(`function read${struct.id}(r) {\n${body.join('\n')}\nreturn { ${properties} };\n}`);
  const defaults = struct.fields.map((field) => `${field.name}: ${defaultSource(field)}`).join(', ');
  functions.push(`function default${struct.id}() { return { ${defaults} }; }`);
}

function readTags(struct: StructLayout, tagged: readonly FieldLayout[]): string[] {
  if (tagged.length === 0) return ['r.skipTags();'];
  const lines = [
    'for (let tags = r.tagCount(); tags > 0; tags--) {',
    'const tag = r.uvarint();',
    'const end = r.tagEnd();',
    'switch (tag) {',
  ];
  for (const field of tagged) {
    const variable = `f${struct.fields.indexOf(field)}`;
    lines.push(`case ${field.tag}: {`, ...readField(field, 't'), `${variable} = t;`, 'r.endTag(end);', 'break; }');
  }
  lines.push('default: r.position = end;', '}', '}');
  return lines;
}

/** Statements that declare `variable` and read the field into it. */
function readField(field: FieldLayout, variable: string): string[] {
  if (!field.isArray) return [`let ${variable} = ${readValue(field)};`];
  const minimum = elementMinimum(field);
  const method = `${field.compact ? 'compact' : ''}${field.nullable ? 'Nullable' : ''}ArrayLength`;
  const length = `r.${method[0]?.toLowerCase()}${method.slice(1)}(${minimum})`;
  const element = typeof field.type === 'string' ? readPrimitive(field.type, field.compact, false) : `read${field.type.id}(r)`;
  // Most arrays have one element: a literal takes room for that, where the first push makes room for seventeen.
  const empty = `${variable} = n_${variable} === 1 ? [${element}] : [];`;
  const loop = `for (let i = ${variable}.length; i < n_${variable}; i++) ${variable}.push(${element});`;
  if (!field.nullable) return [`const n_${variable} = ${length};`, `const ${empty}`, loop];
  return [`const n_${variable} = ${length};`, `let ${variable} = null;`, `if (n_${variable} >= 0) { ${empty} ${loop} }`];
}

function elementMinimum(field: FieldLayout): number {
  if (typeof field.type !== 'string') return Math.max(1, field.type.minimumBytes);
  const fixed: { readonly [type: string]: number } = {
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
  };
  return fixed[field.type] ?? (field.compact ? 1 : field.type === 'string' ? 2 : 4);
}

function readValue(field: FieldLayout): string {
  if (typeof field.type === 'string') return readPrimitive(field.type, field.compact, field.nullable);
  if (!field.nullable) return `read${field.type.id}(r)`;
  // A nullable struct has a byte before it: negative for null. In a tagged field it is 0 for null.
  return `${field.place === 'tagged' ? 'r.uvarint() === 0' : 'r.int8() < 0'} ? null : read${field.type.id}(r)`;
}

function readPrimitive(type: Primitive, compact: boolean, nullable: boolean): string {
  if (READ[type] !== '') return `r.${READ[type]}()`;
  if (type === 'string')
    return `r.${compact ? (nullable ? 'compactNullableString' : 'compactString') : nullable ? 'nullableString' : 'string'}()`;
  return `r.${compact ? (nullable ? 'compactNullableBytes' : 'compactBytes') : nullable ? 'nullableBytes' : 'byteString'}()`;
}

/** Source of what a reader sees where the field is not on the wire. */
export function defaultSource(field: FieldLayout): string {
  if (field.defaultValue !== undefined) return JSON.stringify(field.defaultValue);
  if (field.isArray) return '[]';
  if (typeof field.type !== 'string') return `default${field.type.id}()`;
  switch (field.type) {
    case 'bool':
      return 'false';
    case 'hash64':
      return '0n';
    case 'string':
      return "''";
    case 'bytes':
    case 'records':
      return 'EMPTY';
    case 'uuid':
      return "'AAAAAAAAAAAAAAAAAAAAAA'";
    default:
      return '0';
  }
}
