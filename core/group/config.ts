/** The settings that the group coordinator reads, by Kafka's names. */
export interface GroupConfig {
  readonly 'group.coordinator.append.linger.ms': number;
  readonly 'group.initial.rebalance.delay.ms': number;
  readonly 'group.max.session.timeout.ms': number;
  readonly 'group.min.session.timeout.ms': number;
  readonly 'group.max.size': number;
  readonly 'message.max.bytes': number;
  readonly 'offset.metadata.max.bytes': number;
  readonly 'offsets.commit.timeout.ms': number;
  readonly 'offsets.load.buffer.size': number;
  readonly 'offsets.retention.check.interval.ms': number;
  readonly 'offsets.retention.minutes': number;
}
