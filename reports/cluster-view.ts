/** Every node's state as text, for `replay --until`. */
import type { NodeInspection, ReplicaInspection } from '../core/broker/inspection.ts';
import { printable } from '../campaign/printable.ts';
import type { ClusterView } from '../sim/observe.ts';

/** Of all nodes, or of one. */
export function describeCluster(view: ClusterView, only: string | null): string {
  const lines = [`Stopped at ${(view.timeUs / 1e6).toFixed(6)} s, in the phase ${view.phase}.`];
  for (const [name, nodeId] of view.nodeIds) {
    if (only !== null && name !== only) continue;
    const node = view.nodes.get(name);
    lines.push('', ...(node === undefined ? [`${name} (node ${nodeId}): down`] : describeNode(name, node)));
  }
  if (only === null && view.consumers.length > 0) {
    lines.push('', 'consumers');
    for (const consumer of view.consumers) {
      lines.push(`  ${consumer.client}: group ${consumer.group}, subscribed to ${consumer.topics.join(' ')}`);
    }
  }
  return printable(lines.join('\n'));
}

function describeNode(name: string, node: NodeInspection): string[] {
  const roles = [node.isBroker ? 'broker' : null, node.isController ? 'controller' : null].filter((role) => role !== null);
  const { quorum, metadata, broker } = node;
  const lines = [
    `${name} (node ${node.nodeId}, ${roles.join(' and ')})`,
    `  quorum    ${quorum.role}, leader ${quorum.leaderId} in epoch ${quorum.epoch}, log ${quorum.logStartOffset}..${quorum.logEndOffset}, high watermark ${quorum.highWatermark}`,
    `  metadata  applied up to offset ${metadata.provenance.offset} of epoch ${metadata.provenance.epoch}: ${metadata.brokers.size} brokers, ${metadata.topicIds.size} topics`,
  ];
  if (broker === null) return lines;
  const { waiting } = broker;
  lines.push(
    `  broker    ${stateName(broker.state)}, epoch ${broker.brokerEpoch}, waiting: ${waiting.produce} produce, ${waiting.fetch} fetch`,
  );
  if (broker.offlineDirectories.length > 0) lines.push(`  offline   ${broker.offlineDirectories.join(' ')}`);
  for (const replica of broker.replicas) lines.push(`  ${describeReplica(replica)}`);
  for (const group of broker.groups) lines.push(`  group     ${JSON.stringify(group)}`);
  return lines;
}

function stateName(state: unknown): string {
  return typeof state === 'string' ? state : JSON.stringify(state);
}

function describeReplica(replica: ReplicaInspection): string {
  const epochs = replica.epochs.map(({ epoch, startOffset }) => `${epoch}@${startOffset}`).join(' ');
  const change = replica.isrChangePending ? ', a change of the ISR is pending' : '';
  return (
    `${replica.partition.padEnd(9)} ${replica.role} in epoch ${replica.leaderEpoch}, log ${replica.logStartOffset}..${replica.logEndOffset}, ` +
    `high watermark ${replica.highWatermark}, ISR ${replica.isr.join(' ')}${change}, epochs ${epochs === '' ? 'none' : epochs}`
  );
}
