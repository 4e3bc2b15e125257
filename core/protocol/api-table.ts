/** The protocol as data: what `trial protocol` prints. */
import { APIS, DATA, METADATA_RECORDS } from './messages/index.ts';
import type { FieldSchema, MessageSchema } from './schema.ts';

/** A message as Kafka publishes it. */
interface PublishedSchema {
  readonly validVersions: string;
  readonly flexibleVersions: string;
  readonly fields: readonly FieldSchema[];
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly FieldSchema[] }[];
}

export type ApiTableEntry =
  | { readonly apiKey: number; readonly name: string; readonly request: PublishedSchema; readonly response: PublishedSchema }
  | { readonly name: string; readonly data: PublishedSchema };

function published({ validVersions, flexibleVersions, fields, structs }: MessageSchema): PublishedSchema {
  if (structs === undefined) return { validVersions, flexibleVersions, fields };
  const commonStructs = Object.entries(structs).map(([name, structFields]) => ({ name, fields: structFields }));
  return { validVersions, flexibleVersions, fields, commonStructs };
}

/** Every API with its schemas, then every stored record, header and metadata record, in the versions that Kafka has published. */
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
