/** Properties of a topic, and the broker properties that give their defaults. */
import {
  atLeast,
  between,
  boolean,
  choice,
  type ConfigValues,
  defineConfig,
  double,
  int,
  internal,
  list,
  listOf,
  long,
  MAX_INT,
  NO_LIMIT,
} from './definition.ts';

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;

export const SEGMENT_BYTES_MIN = 1024 * 1024;
/** The largest array that Java can be trusted to make. */
export const MAX_DECOMPRESSED_BYTES: number = MAX_INT - 8;
export const CLEANUP_POLICIES = ['delete', 'compact'] as const;
export const COMPRESSION_TYPES = ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'] as const;
export const TIMESTAMP_TYPES = ['CreateTime', 'LogAppendTime'] as const;

export const TOPIC_CONFIG = defineConfig({
  'cleanup.policy': list(['delete'], 'medium', 'How old data goes: delete, compact, or both.', listOf(...CLEANUP_POLICIES)),
  'compression.type': choice(COMPRESSION_TYPES, 'producer', 'medium', 'Codec of stored batches; producer keeps what was sent.'),
  'delete.retention.ms': long(24 * HOUR_MS, 'medium', 'How long a tombstone stays readable in a compacted topic.', atLeast(0)),
  'file.delete.delay.ms': long(60_000, 'medium', 'Wait between marking a file deleted and removing it.', atLeast(0)),
  'flush.messages': long(NO_LIMIT, 'medium', 'Sync the log after so many records; 1 syncs each append.', atLeast(1)),
  'flush.ms': long(NO_LIMIT, 'medium', 'Sync the log at least this often.', atLeast(0)),
  'index.interval.bytes': int(4096, 'medium', 'Bytes of log between two entries of the offset index.', atLeast(0)),
  'max.compaction.lag.ms': long(NO_LIMIT, 'medium', 'Longest time a record may stay uncompacted.', atLeast(1)),
  'max.decompressed.message.bytes': int(
    MAX_DECOMPRESSED_BYTES,
    'medium',
    'Largest record accepted out of a compressed batch.',
    between(1, MAX_DECOMPRESSED_BYTES),
  ),
  'max.message.bytes': int(1_048_588, 'medium', 'Largest record batch accepted, after compression.', atLeast(0)),
  'message.timestamp.after.max.ms': long(HOUR_MS, 'medium', 'How far a record may be dated after the broker clock.', atLeast(0)),
  'message.timestamp.before.max.ms': long(
    NO_LIMIT,
    'medium',
    'How far a record may be dated before the broker clock.',
    atLeast(0),
  ),
  'message.timestamp.type': choice(TIMESTAMP_TYPES, 'CreateTime', 'medium', 'Whose clock dates the records: producer or leader.'),
  'min.cleanable.dirty.ratio': double(0.5, 'medium', 'Share of uncompacted log that makes compaction worth it.', between(0, 1)),
  'min.compaction.lag.ms': long(0, 'medium', 'Shortest time a record stays uncompacted.', atLeast(0)),
  'min.insync.replicas': int(1, 'medium', 'In-sync replicas that an acks=all append needs.', atLeast(1)),
  preallocate: boolean(false, 'medium', 'Allocate a segment file in full when it is created.'),
  'retention.bytes': long(-1, 'medium', 'Size of a partition above which old segments go; -1 for no limit.'),
  'retention.ms': long(WEEK_MS, 'medium', 'Age above which segments go; -1 for no limit.', atLeast(-1)),
  'segment.bytes': int(1_073_741_824, 'medium', 'Size at which a new segment begins.', atLeast(SEGMENT_BYTES_MIN)),
  'internal.segment.bytes': internal(int(null, 'medium', 'Size at which a new segment begins, of any number of bytes.')),
  'segment.index.bytes': int(10_485_760, 'medium', 'Largest size of an index file.', atLeast(4)),
  'segment.jitter.ms': long(0, 'medium', 'Largest random time taken off segment.ms.', atLeast(0)),
  'segment.ms': long(WEEK_MS, 'medium', 'Age at which a new segment begins even if the old one is small.', atLeast(1)),
  'unclean.leader.election.enable': boolean(false, 'medium', 'May a replica outside the ISR lead, at the cost of data?'),
});

export type TopicConfig = ConfigValues<typeof TOPIC_CONFIG>;
export type TopicConfigName = keyof TopicConfig & string;

/** A broker property that gives a topic property's default; `scale` turns its unit into the topic's. */
export interface Synonym {
  readonly name: string;
  readonly scale: number;
}

function same(...names: string[]): readonly Synonym[] {
  return names.map((name) => ({ name, scale: 1 }));
}

/** For each topic property the broker properties behind it, the strongest first. */
export const TOPIC_SYNONYMS: Readonly<Record<TopicConfigName, readonly Synonym[]>> = {
  'cleanup.policy': same('log.cleanup.policy'),
  'compression.type': same('compression.type'),
  'delete.retention.ms': same('log.cleaner.delete.retention.ms'),
  'file.delete.delay.ms': same('log.segment.delete.delay.ms'),
  'flush.messages': same('log.flush.interval.messages'),
  'flush.ms': same('log.flush.interval.ms', 'log.flush.scheduler.interval.ms'),
  'index.interval.bytes': same('log.index.interval.bytes'),
  'max.compaction.lag.ms': same('log.cleaner.max.compaction.lag.ms'),
  'max.decompressed.message.bytes': same('max.decompressed.message.bytes'),
  'max.message.bytes': same('message.max.bytes'),
  'message.timestamp.after.max.ms': same('log.message.timestamp.after.max.ms'),
  'message.timestamp.before.max.ms': same('log.message.timestamp.before.max.ms'),
  'message.timestamp.type': same('log.message.timestamp.type'),
  'min.cleanable.dirty.ratio': same('log.cleaner.min.cleanable.ratio'),
  'min.compaction.lag.ms': same('log.cleaner.min.compaction.lag.ms'),
  'min.insync.replicas': same('min.insync.replicas'),
  preallocate: same('log.preallocate'),
  'retention.bytes': same('log.retention.bytes'),
  'retention.ms': [
    { name: 'log.retention.ms', scale: 1 },
    { name: 'log.retention.minutes', scale: 60_000 },
    { name: 'log.retention.hours', scale: HOUR_MS },
  ],
  'segment.bytes': same('log.segment.bytes'),
  'internal.segment.bytes': [],
  'segment.index.bytes': same('log.index.size.max.bytes'),
  'segment.jitter.ms': [
    { name: 'log.roll.jitter.ms', scale: 1 },
    { name: 'log.roll.jitter.hours', scale: HOUR_MS },
  ],
  'segment.ms': [
    { name: 'log.roll.ms', scale: 1 },
    { name: 'log.roll.hours', scale: HOUR_MS },
  ],
  'unclean.leader.election.enable': same('unclean.leader.election.enable'),
};
