import test from 'ava';
import { ghostOf } from './internal/ghost.ts';
import type { PartitionGhost } from './internal/replica-ghost.ts';
import { LogStarts } from './log-starts.ts';
import { PARTITION, ScriptedCluster, TOPIC_ID } from './testing/cluster.ts';

interface Stage {
  readonly cluster: ScriptedCluster;
  readonly starts: LogStarts;
  readonly first: PartitionGhost;
  readonly second: PartitionGhost;
  readonly moved: (node: number, to: number, reason: 'retention' | 'delete-records') => void;
}

/** `orders-0` has its logs on all nodes; `second` is another topic of that name, with topic id B. */
function stage(): Stage {
  const cluster = new ScriptedCluster();
  const ghost = ghostOf(cluster.context);
  const starts = new LogStarts(cluster.context);
  cluster.boot();
  const moved: Stage['moved'] = (node, to, reason) =>
    cluster.context.emit(node, { type: 'log-start-offset-advanced', partition: PARTITION, from: 0, to, reason });
  return { cluster, starts, first: ghost.partition(PARTITION, TOPIC_ID), second: ghost.partition(PARTITION, 'B'), moved };
}

test('log starts may differ after retention, and after a start that a node forgot', (t) => {
  const { cluster, starts, first, moved } = stage();
  moved(2, 3, 'delete-records');
  cluster.load(2, [], { logStartOffset: 3, logEndOffset: 3 });
  t.is(starts.mayDiffer(first), null);
  cluster.load(2, [], { logStartOffset: 1, logEndOffset: 3 });
  t.regex(starts.mayDiffer(first) ?? '', /^a crash made a replica forget/);
  const other = stage();
  other.moved(1, 2, 'retention');
  t.regex(other.starts.mayDiffer(other.first) ?? '', /^each replica applies retention/);
});

test('a topic that is made again has logs of its own: they begin at 0 without having forgotten anything', (t) => {
  const { cluster, starts, first, second, moved } = stage();
  moved(2, 3, 'delete-records');
  cluster.load(2, [], { topicId: 'B' });
  t.is(starts.mayDiffer(second), null);
  t.is(starts.mayDiffer(first), null);
  moved(2, 1, 'retention');
  t.not(starts.mayDiffer(second), null);
  t.is(starts.mayDiffer(first), null);
  // By name nobody knows which of them is meant.
  t.is(starts.removedBelow(PARTITION), 3);
});

test('a log that does not know whose it is may have forgotten the start of any topic of its name', (t) => {
  const { cluster, starts, first, second, moved } = stage();
  moved(2, 3, 'delete-records');
  cluster.load(2, [], { topicId: '' });
  t.not(starts.mayDiffer(first), null);
  t.is(starts.mayDiffer(second), null);
});
