/** The protocol as data: what `trial protocol` prints. */
import { APIS, DATA, METADATA_RECORDS } from './messages/index.ts';
import type { FieldSchema, MessageSchema } from './schema.ts';

/** A field as in Kafka's definition; a few of its definitions have the tag as text. */
type PublishedField = Omit<FieldSchema, 'tag'> & { readonly tag?: number | string };

/** A message as Kafka publishes it. */
interface PublishedSchema {
  readonly validVersions: string;
  readonly flexibleVersions: string;
  readonly fields: readonly PublishedField[];
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly FieldSchema[] }[];
}

export type ApiTableEntry =
  | { readonly apiKey: number; readonly name: string; readonly request: PublishedSchema; readonly response: PublishedSchema }
  | { readonly name: string; readonly data: PublishedSchema };

/** Messages whose published definition writes its tag as a string ("0"), which is compared literally. */
const TEXT_TAGS: ReadonlySet<string> = new Set([
  'BrokerHeartbeatRequest',
  'RegisterBrokerRecord',
  'BrokerRegistrationChangeRecord',
]);

function published(schema: MessageSchema): PublishedSchema {
  const { flexibleVersions } = schema;
  const fields = schema.fields.map((field) =>
    field.tag !== undefined && TEXT_TAGS.has(schema.name) && field.type === '[]uuid'
      ? { ...field, tag: String(field.tag) }
      : field,
  );
  const validVersions = schema.publishedVersions ?? schema.validVersions;
  if (schema.structs === undefined) return { validVersions, flexibleVersions, fields };
  const commonStructs = Object.entries(schema.structs).map(([name, structFields]) => ({ name, fields: structFields }));
  return { validVersions, flexibleVersions, fields, commonStructs };
}

/**
 * Every API with its schemas, then every stored record, header and metadata record. Versions are those that Kafka has
 * published; fields that only a later version of ours has (Vote v2) say so in their own `versions`.
 */
export function apiTable(): ApiTableEntry[] {
  const table: ApiTableEntry[] = APIS.map(({ apiKey, name, request, response }) => ({
    apiKey,
    name,
    request: published(request),
    response: published(response),
  }));
  for (const schemas of [DATA, METADATA_RECORDS]) {
    for (const [name, schema] of Object.entries(schemas)) table.push({ name, data: published(schema) });
  }
  return table;
}
