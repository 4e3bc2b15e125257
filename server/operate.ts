/** What a test has a served cluster do that no client can ask for: leaders that move, groups that rebalance. */
import type { NodeOperations } from '../core/broker/index.ts';
import type { ClusterNode } from './cluster-node.ts';
import { UnusableError } from './unusable.ts';

const RETRY_MS = 20;
/** What a node says that is not, or no longer, the active controller. */
const NOT_ACTIVE = 'not-active';

interface Deadline {
  readonly nodes: readonly ClusterNode[];
  readonly timeoutMs: number;
}

/** Resolves when the broker leads the partition. Rejects with one sentence if it can't, or does not within the time. */
export async function moveLeader(
  topic: string,
  partition: number,
  broker: number,
  { nodes, timeoutMs }: Deadline,
): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  const late = (): Error => new Error(`Broker ${broker} does not lead ${topic}-${partition} after ${timeoutMs} ms.`);
  for (let refusal: string | null = NOT_ACTIVE; refusal !== null; ) {
    const controller = await found(
      nodes,
      (operations) => operations.isActiveController(),
      'There is no active controller',
      deadlineMs,
    );
    const asked = controller.operate<string | null>((operations, done) => operations.moveLeader(topic, partition, broker, done));
    // A node that ends meanwhile answers nothing.
    refusal = await Promise.race([asked, after(deadlineMs - Date.now(), late)]);
    if (refusal !== null && refusal !== NOT_ACTIVE) {
      throw new UnusableError(`The leader of ${topic}-${partition} can't be moved to broker ${broker}: ${refusal}`);
    }
  }
  while (!leads(nodes, `${topic}-${partition}`, broker)) {
    if (Date.now() > deadlineMs) throw late();
    await pause();
  }
}

/** Resolves when the rebalance has begun. Rejects with one sentence if it can't. */
export async function rebalance(group: string, { nodes, timeoutMs }: Deadline): Promise<void> {
  const nobody = `Nobody coordinates group ${group}`;
  const coordinator = await found(nodes, (operations) => operations.isCoordinatorOf(group), nobody, Date.now() + timeoutMs);
  const refusal = await coordinator.operate<string | null>((operations, done) => done(operations.rebalance(group)));
  if (refusal !== null) throw new UnusableError(`Group ${group} can't be rebalanced: ${refusal}`);
}

async function found(
  nodes: readonly ClusterNode[],
  suits: (operations: NodeOperations) => boolean,
  otherwise: string,
  deadlineMs: number,
): Promise<ClusterNode> {
  for (;;) {
    const node = nodes.find((each) => each.running !== null && !each.isPaused && suits(each.running.operations));
    if (node !== undefined) return node;
    if (Date.now() > deadlineMs) throw new Error(`${otherwise}.`);
    await pause();
  }
}

function leads(nodes: readonly ClusterNode[], partition: string, broker: number): boolean {
  const replicas = nodes.find(({ nodeId, isBroker }) => isBroker && nodeId === broker)?.running?.inspect().broker?.replicas ?? [];
  return replicas.some((replica) => replica.partition === partition && replica.role === 'leader');
}

/** Rejects with this after the time; who races with it has won by then, or lost. */
function after(ms: number, error: () => Error): Promise<never> {
  return new Promise((_, reject) => void setTimeout(() => reject(error()), Math.max(0, ms)).unref());
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, RETRY_MS);
  });
}
