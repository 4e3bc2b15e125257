/** Lines of a trace as sentences, with nodes, offsets and epochs. What has no sentence of its own is told as `replay` tells it. */
import { errorName } from '../../core/protocol/errors.ts';
import type { TraceLine } from '../../sim/run.ts';
import { narrateWhat } from '../narrate.ts';
import { groupSentence } from './sentences/groups.ts';
import { logSentence } from './sentences/logs.ts';
import { operationSentence } from './sentences/operations.ts';
import { producerSentence } from './sentences/producers.ts';
import { quorumSentence } from './sentences/quorum.ts';
import { transactionSentence } from './sentences/transactions.ts';

/** Process names by Kafka node id. */
export type NodeNames = ReadonlyMap<number, string>;

export function sentenceOf({ node, what }: TraceLine, names: NodeNames): string {
  const nameOf = (id: number): string => names.get(id) ?? (id < 0 ? 'nobody' : `node ${id}`);
  return (
    clusterSentence(node, what, nameOf) ??
    logSentence(node, what) ??
    quorumSentence(node, what, nameOf) ??
    groupSentence(node, what) ??
    transactionSentence(node, what, nameOf) ??
    producerSentence(node, what) ??
    operationSentence(node, what) ??
    `${node === '' ? '' : `${node}: `}${narrateWhat(what)}`
  );
}

/** What befell processes, and what brokers did with their logs. Null: it is none of that. */
function clusterSentence(node: string, what: TraceLine['what'], nameOf: (id: number) => string): string | null {
  const nodes = (ids: readonly number[]): string => (ids.length === 0 ? 'nobody' : ids.map(nameOf).join(', '));
  const reader = (replica: number): string => (replica === -1 ? 'a consumer' : nameOf(replica));
  switch (what.type) {
    case 'fault': {
      const on = what.targets.length === 0 ? '' : ` on ${what.targets.join(', ')}`;
      if (what.change !== 'begins') return `the fault ${what.kind}${on} ends`;
      return `the fault ${what.kind}${on} begins${what.forMs === null || what.forMs === 0 ? '' : ` and lasts ${what.forMs} ms`}`;
    }
    case 'started':
      return `${node} starts`;
    case 'crashed':
      return 'session' in what ? null : `${node} dies (${what.reason})`;
    case 'stopped':
      return `${node} has stopped in order`;
    case 'paused':
      return `${node} is paused`;
    case 'resumed':
      return `${node} goes on`;
    case 'power-lost':
      return `${node} loses power, and what it had not synced`;
    case 'became-leader':
      return `${node} becomes leader of ${what.partition} in epoch ${what.leaderEpoch}, with the log up to ${what.logEndOffset}, high watermark ${what.highWatermark}, in-sync ${nodes(what.isr)}`;
    case 'became-follower':
      return `${node} becomes a follower of ${nameOf(what.leader)} in ${what.partition}, epoch ${what.leaderEpoch}, with the log up to ${what.logEndOffset}, high watermark ${what.highWatermark}`;
    case 'log-appended':
      return `${node} appends ${range(what)} to ${what.partition} as ${what.role}, in epoch ${what.leaderEpoch}`;
    case 'produce-appended':
      return `${node} has ${range(what)} of ${what.partition}, with acks=${what.acks === -1 ? 'all' : what.acks}; ${what.isrSize} in sync, min.insync.replicas ${what.minIsr}`;
    case 'produce-acked':
      return `${node} acknowledges ${range(what)} of ${what.partition}, at high watermark ${what.highWatermark}`;
    case 'high-watermark-advanced':
      return `${node} (${what.role}) moves the high watermark of ${what.partition} from ${what.from} to ${what.to}${what.role === 'leader' ? `, in-sync ${nodes(what.isr)}` : ''}`;
    case 'high-watermark-set':
      return `${node} sets the high watermark of ${what.partition} from ${what.from} to ${what.to} (${what.reason})`;
    case 'fetch-applied':
      return `${node} takes ${what.partition} up to ${what.endOffset} from ${nameOf(what.leader)}`;
    case 'fetch-diverged':
      return `${node} tells ${reader(what.replica)}, which asked for ${what.partition} from ${what.fetchOffset} after epoch ${what.lastFetchedEpoch}, that epoch ${what.epochEnd.epoch} ends at ${what.epochEnd.endOffset}`;
    case 'fetch-rejected':
      return `${node} refuses ${reader(what.replica)}'s fetch of ${what.partition} at ${what.fetchOffset}: ${errorName(what.error)}`;
    case 'log-truncated':
      return `${node} cuts ${what.partition} from ${what.from} to ${what.to} (${what.reason})`;
    case 'log-loaded':
      return `${node} opens the log of ${what.partition}, ${what.logStartOffset} to ${what.logEndOffset}`;
    case 'isr-change-proposed':
      return `${node} asks to ${what.kind} the in-sync set of ${what.partition} from ${nodes(what.isr)} to ${nodes(what.proposed)}`;
    case 'isr-change-resolved':
      return `${node} learns that its change of the in-sync set of ${what.partition} is ${what.outcome}: ${nodes(what.isr)}`;
    case 'alter-partition-answered': {
      const asked = `${nameOf(what.broker)}, which asks for ${nodes(what.requestedIsr)} as the in-sync set of ${what.partition}`;
      return what.error === 0
        ? `${node} grants it to ${asked}: leader epoch ${what.leaderEpoch}, partition epoch ${what.partitionEpoch}`
        : `${node} refuses ${asked}: ${errorName(what.error)}`;
    }
    case 'metadata-applied':
      return `${node} learns of ${what.partitions
        .map(
          ({ partition, leader, leaderEpoch, isr }) =>
            `${partition}: ${leader === -1 ? 'no leader' : `leader ${nameOf(leader)}`} in epoch ${leaderEpoch}, in-sync ${nodes(isr)}`,
        )
        .concat(what.removedPartitions.map(({ partition }) => `${partition}: removed`))
        .join('; ')} (metadata offset ${what.offset})`;
    case 'broker-session-expired':
      return `${node} has not heard of ${nameOf(what.brokerId)} for its session timeout, and fences it`;
    case 'epoch-assigned':
      return `${node} has leader epoch ${what.epoch} of ${what.partition} begin at ${what.startOffset}`;
    case 'log-start-offset-advanced':
      return `${node} begins its log of ${what.partition} at ${what.to} instead of ${what.from} (${what.reason})`;
    case 'duplicate-batch':
      return `${node} has the batch of producer ${what.producerId} (epoch ${what.producerEpoch}, sequence ${what.baseSequence}) in ${what.partition} already, and does not append it again`;
    case 'sequence-rejected':
      return `${node} refuses a batch of producer ${what.producerId} in ${what.partition}: its sequence is ${what.baseSequence}, and ${what.expected} is next (${errorName(what.error)})`;
    case 'produce-failed':
      return `${node} refuses records for ${what.partition} with acks=${what.acks === -1 ? 'all' : what.acks}${what.afterAppend ? ', which it has appended' : ''}: ${errorName(what.error)}`;
    case 'replica-stopped':
      return `${node} stops its replica of ${what.partition}${what.deleted ? ', and deletes it' : ''}`;
    default:
      return null;
  }
}

function range({ baseOffset, lastOffset }: { readonly baseOffset: number; readonly lastOffset: number }): string {
  return baseOffset === lastOffset ? `record ${baseOffset}` : `records ${baseOffset} to ${lastOffset}`;
}
