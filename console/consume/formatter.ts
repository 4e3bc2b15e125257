/** Writes a record as the default formatter of kafka-console-consumer.sh does. */
import type { ConsumerRecord } from '../../core/client/consumer/consumer.ts';
import { UsageError } from '../errors.ts';
import { isTrue } from '../properties.ts';

const DEFAULTS = {
  'print.timestamp': 'false',
  'print.partition': 'false',
  'print.offset': 'false',
  'print.epoch': 'false',
  'print.headers': 'false',
  'print.key': 'false',
  'print.value': 'true',
  'key.separator': '\t',
  'line.separator': '\n',
  'headers.separator': ',',
  'null.literal': 'null',
} as const;

export type Formatter = (record: ConsumerRecord) => Uint8Array[];

const encoder = new TextEncoder();
const TIMESTAMP_TYPE = { create: 'CreateTime', append: 'LogAppendTime' } as const;

/** Throws UsageError for a property that there is not. */
export function formatter(given: Readonly<Record<string, string>>): Formatter {
  for (const name of Object.keys(given))
    if (!(name in DEFAULTS))
      throw new UsageError(`--formatter-property ${name} must be one of ${Object.keys(DEFAULTS).join(', ')}`);
  const properties = { ...DEFAULTS, ...given };
  const [between, after] = [encoder.encode(properties['key.separator']), encoder.encode(properties['line.separator'])];
  const headersBetween = encoder.encode(properties['headers.separator']);
  const nothing = encoder.encode(properties['null.literal']);
  const columns: ((record: ConsumerRecord) => Uint8Array[])[] = [];
  const text = (property: keyof typeof DEFAULTS, of: (record: ConsumerRecord) => string) => {
    if (isTrue(properties[property])) columns.push((record) => [encoder.encode(of(record))]);
  };
  text('print.timestamp', ({ timestampType, timestamp }) => `${TIMESTAMP_TYPE[timestampType]}:${timestamp}`);
  text('print.partition', ({ partition }) => `Partition:${partition}`);
  text('print.offset', ({ offset }) => `Offset:${offset}`);
  text('print.epoch', ({ leaderEpoch }) => `Epoch:${leaderEpoch < 0 ? 'NOT_PRESENT' : leaderEpoch}`);
  if (isTrue(properties['print.headers']))
    columns.push(({ headers }) =>
      headers.length === 0
        ? [encoder.encode('NO_HEADERS')]
        : headers.flatMap(({ key, value }, index) => [
            ...(index > 0 ? [headersBetween] : []),
            encoder.encode(`${key}:`),
            value ?? nothing,
          ]),
    );
  if (isTrue(properties['print.key'])) columns.push(({ key }) => [key ?? nothing]);
  if (isTrue(properties['print.value'])) columns.push(({ value }) => [value ?? nothing]);
  return (record) => columns.flatMap((column, index) => [...column(record), index < columns.length - 1 ? between : after]);
}
