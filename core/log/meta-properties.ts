/** `meta.properties` of a log directory (KIP-858, version 1): to which cluster, node and directory id it belongs. */

export interface MetaProperties {
  readonly clusterId: string;
  readonly nodeId: number;
  readonly directoryId: string;
}

export const META_PROPERTIES = 'meta.properties';

const VERSION = '1';

/** As Kafka writes it, where the order is that of a hash table of Java. */
export function formatMetaProperties({ clusterId, nodeId, directoryId }: MetaProperties, wallMs: number): string {
  const lines = [
    '#',
    `#${javaDate(wallMs)}`,
    `node.id=${nodeId}`,
    `directory.id=${directoryId}`,
    `version=${VERSION}`,
    `cluster.id=${clusterId}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Null if the file is absent or torn, or cannot be used: see `unusableMetaProperties`. */
export function parseMetaProperties(text: string | null): MetaProperties | null {
  if (text === null) return null;
  const values = valuesOf(text);
  const clusterId = values.get('cluster.id');
  const nodeId = values.get('node.id');
  const directoryId = values.get('directory.id');
  const isWhole = values.get('version') === VERSION && clusterId && /^\d+$/.test(nodeId ?? '') && isUuid(directoryId);
  return isWhole ? { clusterId, nodeId: Number(nodeId), directoryId: directoryId as string } : null;
}

/** What a whole file is that cannot be used here, as the rest of a sentence after "but"; null: it is torn, or something else. */
export function unusableMetaProperties(text: string): string | null {
  const values = valuesOf(text);
  const version = values.get('version');
  if (version === undefined) return null;
  const only = `only version ${VERSION} is read`;
  if (version === '0') return `its ${META_PROPERTIES} is of version 0, of a broker with ZooKeeper; ${only}`;
  if (version !== VERSION) return `its ${META_PROPERTIES} is of version ${version}; ${only}`;
  if (values.has('cluster.id') && values.has('node.id') && !values.has('directory.id')) {
    return `its ${META_PROPERTIES} names no directory.id, as before Kafka 3.7; Kafka 3.7 or newer adds one when it starts on it`;
  }
  return null;
}

function valuesOf(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const at = line.indexOf('=');
    if (at > 0 && !line.startsWith('#')) values.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  return values;
}

function isUuid(text: string | undefined): boolean {
  return text !== undefined && /^[\w-]{22}$/.test(text);
}

const DAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MS_PER_DAY = 86_400_000;
/** Of a year that begins in March, so that a leap day is its last. */
const DAYS_BEFORE_MONTH = [0, 31, 61, 92, 122, 153, 184, 214, 245, 275, 306, 337];

/** `Sun Nov 29 09:21:23 UTC 2026`. */
function javaDate(wallMs: number): string {
  const days = Math.floor(wallMs / MS_PER_DAY);
  const seconds = Math.floor((wallMs - days * MS_PER_DAY) / 1_000);
  // Days since 1 March 2000, where a cycle of 400 years begins.
  const sinceMarch = days - 11_017;
  const cycle = Math.floor(sinceMarch / 146_097);
  const ofCycle = sinceMarch - cycle * 146_097;
  const century = Math.min(3, Math.floor(ofCycle / 36_524));
  const ofCentury = ofCycle - century * 36_524;
  const leap = Math.floor(ofCentury / 1_461);
  const ofLeap = ofCentury - leap * 1_461;
  const yearOfLeap = Math.min(3, Math.floor(ofLeap / 365));
  const ofYear = ofLeap - yearOfLeap * 365;
  const month = DAYS_BEFORE_MONTH.findLastIndex((before) => before <= ofYear);
  const year = 2000 + cycle * 400 + century * 100 + leap * 4 + yearOfLeap + (month >= 10 ? 1 : 0);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = two(ofYear - (DAYS_BEFORE_MONTH[month] as number) + 1);
  const time = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':');
  return `${DAYS[((days % 7) + 7) % 7]} ${MONTHS[(month + 2) % 12]} ${day} ${time} UTC ${year}`;
}
