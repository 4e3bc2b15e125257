// Writes core/protocol/messages/ from Kafka's published message definitions.
//
//   node tools/generate-messages.mjs <folder with clients/, metadata/, raft/, ... of *.json definitions>
//
// One file a message: a TypeScript interface of the decoded form and the schema that the codec compiles. The versions a
// message supports are Kafka's, cut from below to what Kafka 4.0 still accepts (KIP-896).
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const source = process.argv[2];
if (!source) {
  console.error('generate-messages: name the folder that holds the message definitions');
  process.exit(2);
}
const target = new URL('../core/protocol/messages/', import.meta.url).pathname;

/** Lowest version kept, where it is not Kafka's lowest (KIP-896). */
const MIN_VERSION = {
  Produce: 3,
  Fetch: 4,
  ListOffsets: 1,
  OffsetCommit: 2,
  OffsetFetch: 1,
  CreateTopics: 2,
  DeleteTopics: 1,
  OffsetForLeaderEpoch: 2,
  DescribeAcls: 1,
  CreateAcls: 1,
  DeleteAcls: 1,
  DescribeConfigs: 1,
};
/**
 * KIP-996 (pre-vote) adds version 2 of Vote, which is newer than the published definitions used here: the codec knows it
 * and our nodes speak it among themselves, the API table shows the published versions.
 */
const PRE_VOTE = {
  VoteRequest: { validVersions: '0-2', publishedVersions: '0-1' },
  VoteResponse: { validVersions: '0-2', publishedVersions: '0-1' },
};
const SKIP =
  /^(Share|InitializeShare|ReadShare|WriteShare|DeleteShare|RemoteLog|RemotePartition|LeaderAndIsr|StopReplica|UpdateMetadata|ZkMigration)/;
const PRIMITIVES = {
  bool: 'boolean',
  int8: 'number',
  int16: 'number',
  uint16: 'number',
  int32: 'number',
  uint32: 'number',
  int64: 'number',
  float64: 'number',
  string: 'string',
  uuid: 'string',
  bytes: 'Uint8Array',
  records: 'Uint8Array',
};
const camel = (name) => name[0].toLowerCase() + name.slice(1);

function defaultValue(field) {
  const base = field.type.trim();
  const given = field.default;
  if (given === 'null') return null;
  if (base.startsWith('[]')) return undefined;
  if (given === undefined) return undefined;
  if (base === 'bool') return given === true || given === 'true';
  if (base === 'string' || base === 'uuid') return given;
  return Number(given);
}

function schemaFields(fields) {
  return (fields ?? []).map((field) => {
    const out = { name: camel(field.name), type: field.type.trim() };
    // Without "versions" a field has those of "taggedVersions"; the codec knows.
    if (field.versions !== undefined) out.versions = String(field.versions).trim();
    if (field.nullableVersions) out.nullableVersions = field.nullableVersions;
    if (field.taggedVersions) {
      out.taggedVersions = field.taggedVersions;
      out.tag = Number(field.tag);
    }
    const byDefault = defaultValue(field);
    if (byDefault !== undefined) out.default = byDefault;
    if (field.fields) out.fields = schemaFields(field.fields);
    return out;
  });
}

function emitInterfaces(name, fields, structs, prefix, out) {
  const lines = [];
  for (const field of fields) {
    const isArray = field.type.startsWith('[]');
    const base = isArray ? field.type.slice(2) : field.type;
    let type = PRIMITIVES[base];
    if (!type) {
      type = prefix + base;
      const inner = field.fields ?? structs.get(base);
      if (!out.has(type)) {
        out.set(type, '');
        emitInterfaces(type, inner, structs, prefix, out);
      }
    }
    if (isArray) type = `${type}[]`;
    if (field.nullableVersions || field.default === null) type += ' | null';
    lines.push(`  ${field.name}: ${type};`);
  }
  out.set(
    name,
    lines.length === 0 ? `export type ${name} = Record<string, never>;` : `export interface ${name} {\n${lines.join('\n')}\n}`,
  );
}

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
const seen = [];
for (const folder of readdirSync(source, { withFileTypes: true })) {
  if (!folder.isDirectory() || folder.name === 'share-coordinator') continue;
  for (const file of readdirSync(join(source, folder.name)).sort()) {
    if (!file.endsWith('.json') || SKIP.test(file)) continue;
    const message = JSON.parse(readFileSync(join(source, folder.name, file), 'utf8').replace(/^\s*\/\/.*$/gm, ''));
    if (message.validVersions === 'none') continue;
    const name = message.name;
    const api = name.replace(/(Request|Response)$/, '');
    const [low, high] = String(message.validVersions).split('-').map(Number);
    const min = message.type === 'request' || message.type === 'response' ? Math.max(low, MIN_VERSION[api] ?? low) : low;
    const top = high ?? low;
    const schema = {
      name,
      type: message.type,
      ...(message.apiKey === undefined ? {} : { apiKey: message.apiKey }),
      ...(message.listeners ? { listeners: message.listeners.filter((l) => l !== 'zkBroker') } : {}),
      validVersions: min === top ? `${min}` : `${min}-${top}`,
      flexibleVersions: message.flexibleVersions,
      ...(message.latestVersionUnstable ? { latestVersionUnstable: true } : {}),
      fields: schemaFields(message.fields),
      ...(message.commonStructs
        ? { structs: Object.fromEntries(message.commonStructs.map((s) => [s.name, schemaFields(s.fields)])) }
        : {}),
      ...PRE_VOTE[name],
    };
    if (name === 'VoteRequest') {
      schema.fields
        .find((f) => f.name === 'topics')
        .fields.find((f) => f.name === 'partitions')
        .fields.push({ name: 'preVote', type: 'bool', versions: '2+' });
    }
    const structs = new Map(Object.entries(schema.structs ?? {}));
    const interfaces = new Map();
    emitInterfaces(name, schema.fields, structs, name, interfaces);
    const text = `// Generated by tools/generate-messages.mjs from Apache Kafka's ${folder.name}/${file}; see NOTICE.
import type { MessageSchema } from '../schema.ts';

${[...interfaces.values()].reverse().join('\n\n')}

export const ${name}Schema: MessageSchema = ${JSON.stringify(schema, null, 2)};
`;
    writeFileSync(join(target, fileOf(name)), text);
    seen.push({ name, api, message });
  }
}
const apis = seen.filter((s) => s.message.type === 'request').sort((a, b) => a.message.apiKey - b.message.apiKey);
const records = seen.filter((s) => s.message.type === 'metadata').sort((a, b) => a.message.apiKey - b.message.apiKey);
const data = seen.filter(
  (s) => s.message.type === 'data' || s.message.type === 'header' || s.message.type?.startsWith?.('coordinator'),
);
const index = `// Generated by tools/generate-messages.mjs; see NOTICE.
import type { MessageSchema } from '../schema.ts';
${seen
  .map((s) => s.name)
  .sort()
  .map((n) => `import { type ${n}, ${n}Schema } from './${fileOf(n)}';`)
  .join('\n')}

${seen
  .map((s) => s.name)
  .sort()
  .map((n) => `export type * from './${fileOf(n)}';`)
  .join('\n')}

/** Request body of every API, by API name. */
export interface RequestTypes {
${apis.map((a) => `  ${a.api}: ${a.name};`).join('\n')}
}

/** Response body of every API, by API name. */
export interface ResponseTypes {
${apis.map((a) => `  ${a.api}: ${a.api}Response;`).join('\n')}
}

export type ApiName = keyof RequestTypes;

/** Kafka's API keys. */
export const ApiKey = {
${apis.map((a) => `  ${a.api}: ${a.message.apiKey},`).join('\n')}
} as const satisfies Record<ApiName, number>;

export interface ApiDefinition {
  readonly apiKey: number;
  readonly name: ApiName;
  readonly request: MessageSchema;
  readonly response: MessageSchema;
}

/** Every API, by its key in ascending order. */
export const APIS: readonly ApiDefinition[] = [
${apis.map((a) => `  { apiKey: ${a.message.apiKey}, name: '${a.api}', request: ${a.name}Schema, response: ${a.api}ResponseSchema },`).join('\n')}
];

/** Metadata records of __cluster_metadata, by record name. */
export interface MetadataRecordTypes {
${records.map((r) => `  ${r.name}: ${r.name};`).join('\n')}
}

export type MetadataRecordName = keyof MetadataRecordTypes;

export const METADATA_RECORDS: { readonly [K in MetadataRecordName]: MessageSchema } = {
${records.map((r) => `  ${r.name}: ${r.name}Schema,`).join('\n')}
};

/** Stored records, headers and embedded protocol data, by name. */
export interface DataTypes {
${data.map((r) => `  ${r.name}: ${r.name};`).join('\n')}
}

export type DataName = keyof DataTypes;

export const DATA: { readonly [K in DataName]: MessageSchema } = {
${data.map((r) => `  ${r.name}: ${r.name}Schema,`).join('\n')}
};
`;
writeFileSync(join(target, 'index.ts'), index);
console.log(`${seen.length} messages: ${apis.length} APIs, ${records.length} metadata records, ${data.length} data`);

/** `JoinGroupRequest` is in `join-group-request.ts`. */
function fileOf(name) {
  const words = name.replace('KRaft', 'Kraft').replace(/([a-z0-9])([A-Z])/g, '$1-$2');
  return `${words.toLowerCase()}.ts`;
}
