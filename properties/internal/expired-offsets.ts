/**
 * When committed offsets may expire: GR16 (KIP-211). Retention counts from the commit at the earliest, and from later where the group was in use
 * later (`OffsetExpirationConditionImpl`); by the clock of the coordinator and the time that it has written beside the offset.
 */
import { BROKER_CONFIG, numberGiven } from '../../core/config/index.ts';
import type { Checker, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';

const MS_PER_MINUTE = 60_000;

function watch(context: CheckContext): void {
  const retentionMs = numberGiven(BROKER_CONFIG, context.plan.cluster.properties, 'offsets.retention.minutes') * MS_PER_MINUTE;
  context.on('offset-removal-begun', ({ group, partition, reason, ageMs }, { node, nodeId }) => {
    if (reason !== 'expired') return;
    context.evaluated('GR16');
    if (ageMs !== null && ageMs >= retentionMs) return;
    const message = `${node} lets the offset of group ${group} for ${partition} expire ${ageMs === null ? 'before it was committed' : `${ageMs} ms after it was committed`}; offsets.retention.minutes allows ${retentionMs} ms`;
    context.violated('GR16', message, { nodeId, group, partition });
  });
}

export const expiredOffsets = {
  properties: [{ id: 'GR16', title: 'no committed offset expires before offsets.retention.minutes have passed' }],
  create: (context): Checker => {
    watch(context);
    return {};
  },
} as const satisfies PropertyDefinition;
