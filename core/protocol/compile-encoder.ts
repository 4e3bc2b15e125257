/**
 * Makes an encode function for one version of a message. A field that the draft leaves out has its default; one that the
 * version does not have is left out silently, whatever its value (Kafka does so for its `ignorable` fields and refuses the
 * others).
 */
import { defaultSource } from './compile-decoder.ts';
import type { FieldLayout, Primitive, StructLayout } from './layout.ts';
import type { Writer } from './writer.ts';

export type Encode = (writer: Writer, body: unknown) => void;

/** Compiles an encoder; it throws EncodeError for a value that the wire can't hold. */
export function compileEncoder(layout: StructLayout): Encode {
  const functions: string[] = [];
  writeStruct(layout, functions);
  // oxlint-disable-next-line typescript/no-implied-eval -- the source is made from our own schemas, for speed
  const make = new Function('EMPTY', 'ABSENT', `'use strict';\n${functions.join('\n')}\nreturn write${layout.id};`) as (
    empty: Uint8Array,
    absent: object,
  ) => Encode;
  return make(new Uint8Array(0), {});
}

function writeStruct(struct: StructLayout, functions: string[]): void {
  const body: string[] = ['let v;'];
  for (const field of struct.fields) {
    if (typeof field.type !== 'string') writeStruct(field.type, functions);
    if (field.place === 'plain') body.push(`v = o.${field.name};`, ...writeField(field));
  }
  if (struct.flexible) body.push(...writeTags(struct));
  functions.push(`function write${struct.id}(w, o) {\n${body.join('\n')}\n}`);
  const checks = struct.fields
    .filter((field) => field.place !== 'absent')
    .map((field) => `(${isDefault(field, `o.${field.name}`)})`);
  functions.push(`function isDefault${struct.id}(o) { return ${checks.join(' && ') || 'true'}; }`);
}

function writeTags(struct: StructLayout): string[] {
  const tagged = struct.fields.filter((field) => field.place === 'tagged').sort((a, b) => a.tag - b.tag);
  if (tagged.length === 0) return ['w.uvarint(0);'];
  const lines = ['let tags = 0;'];
  for (const field of tagged)
    lines.push(`const has${field.tag} = !(${isDefault(field, `o.${field.name}`)});`, `if (has${field.tag}) tags++;`);
  lines.push('w.uvarint(tags);');
  for (const field of tagged) {
    lines.push(
      `if (has${field.tag}) {`,
      `const start = w.beginTag(${field.tag});`,
      `v = o.${field.name};`,
      ...writeField(field),
      'w.endTag(start);',
      '}',
    );
  }
  return lines;
}

/** Source of a condition: is `value` left out or the field's default? Only such tagged fields stay off the wire. */
function isDefault(field: FieldLayout, value: string): string {
  const absent = `${value} === undefined`;
  if (field.defaultValue !== undefined) return `${absent} || ${value} === ${JSON.stringify(field.defaultValue)}`;
  if (field.isArray) return `${absent} || (${value} !== null && ${value}.length === 0)`;
  if (typeof field.type !== 'string') return `${absent} || (${value} !== null && isDefault${field.type.id}(${value}))`;
  if (field.type === 'bytes' || field.type === 'records') return `${absent} || (${value} !== null && ${value}.length === 0)`;
  return `${absent} || ${value} === ${defaultSource(field)}`;
}

/** Statements that write the value in `v`. */
function writeField(field: FieldLayout): string[] {
  if (field.isArray) return writeArray(field);
  if (typeof field.type === 'string') {
    return [`w.${writePrimitive(field.type, field.compact, field.nullable)}(v === undefined ? ${defaultSource(field)} : v);`];
  }
  const write = `write${field.type.id}(w, v === undefined ? ABSENT : v);`;
  const missing = field.defaultValue === null ? 'v === null || v === undefined' : 'v === null';
  if (field.nullable && field.place === 'tagged') return [`if (${missing}) w.uvarint(0); else { w.uvarint(1); ${write} }`];
  if (field.nullable) return [`if (${missing}) w.int8(-1); else { w.int8(1); ${write} }`];
  return [`if (v === null) w.fail('null for ${field.name}, which must not be null');`, write];
}

function writeArray(field: FieldLayout): string[] {
  const element =
    typeof field.type === 'string'
      ? `w.${writePrimitive(field.type, field.compact, false)}(v[i]);`
      : `write${field.type.id}(w, v[i]);`;
  const length = field.compact ? 'w.uvarint(v.length + 1);' : 'w.int32(v.length);';
  const onNull = field.nullable
    ? field.compact
      ? 'w.uvarint(0);'
      : 'w.int32(-1);'
    : `w.fail('null for ${field.name}, which must not be null');`;
  return [
    `if (v === undefined) v = ${defaultSource(field)};`,
    `if (v === null) { ${onNull} } else { ${length} for (let i = 0; i < v.length; i++) ${element} }`,
  ];
}

function writePrimitive(type: Primitive, compact: boolean, nullable: boolean): string {
  if (type === 'string')
    return compact ? (nullable ? 'compactNullableString' : 'compactString') : nullable ? 'nullableString' : 'string';
  if (type === 'bytes' || type === 'records')
    return compact ? (nullable ? 'compactNullableBytes' : 'compactBytes') : nullable ? 'nullableBytes' : 'byteString';
  return type;
}
