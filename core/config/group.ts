/** Properties of a group (KIP-848, KIP-932). Kept and described; the groups that they are for are absent. */
import { atLeast, type ConfigValues, ConfigError, defineConfig, int, string } from './definition.ts';

const OFFSET_RESET = /^(?:earliest|latest|by_duration:P(?!$)(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?)$/i;

export const GROUP_CONFIG = defineConfig(
  {
    'consumer.session.timeout.ms': int(45_000, 'medium', 'No meaning here.', atLeast(1)),
    'consumer.heartbeat.interval.ms': int(5_000, 'medium', 'No meaning here.', atLeast(1)),
    'share.session.timeout.ms': int(45_000, 'medium', 'No meaning here.', atLeast(1)),
    'share.heartbeat.interval.ms': int(5_000, 'medium', 'No meaning here.', atLeast(1)),
    'share.record.lock.duration.ms': int(30_000, 'medium', 'No meaning here.', atLeast(1_000)),
    'share.auto.offset.reset': string('latest', 'medium', 'No meaning here.', (value) =>
      OFFSET_RESET.test(String(value)) ? null : 'earliest, latest, or by_duration: with a duration like PT1H',
    ),
  },
  (values) => checkRanges(values as unknown as ConfigValues<typeof GROUP_CONFIG>),
);

/** The least and the most that Kafka's brokers allow by default. */
const RANGES = {
  'consumer.session.timeout.ms': [45_000, 60_000],
  'consumer.heartbeat.interval.ms': [5_000, 15_000],
  'share.session.timeout.ms': [45_000, 60_000],
  'share.heartbeat.interval.ms': [5_000, 15_000],
  'share.record.lock.duration.ms': [15_000, 60_000],
} as const;

function checkRanges(values: ConfigValues<typeof GROUP_CONFIG>): void {
  for (const name of Object.keys(RANGES) as (keyof typeof RANGES)[]) {
    const [least, most] = RANGES[name];
    const value = values[name];
    if (value < least || value > most) throw new ConfigError(`${name} is ${value}, but it must be between ${least} and ${most}.`);
  }
}
