/** Rare states of metadata on nodes: deltas that hold several changes, nodes that are behind, topics that come again. */
import { type Mark, type Watch, when } from './mark.ts';

/** A node's image goes over an election of a partition to the next. */
const electionsAtOnce: Watch = (run, _, reached) => {
  const known = new Map<string, Map<string, number>>();
  // What a node goes through when it starts is the past.
  run.on('node-started', (_event, { node }) => void known.set(node, new Map()));
  run.on('metadata-applied', ({ partitions }, { node }) => {
    const of = known.get(node);
    if (of === undefined) return;
    for (const { partition, leaderEpoch } of partitions) {
      const before = of.get(partition);
      of.set(partition, leaderEpoch);
      if (before !== undefined && leaderEpoch - before >= 2) reached();
    }
  });
};

/** A node applies metadata that is so many records behind the newest that any has applied. */
function behind(records: number): Watch {
  return (run, _, reached) => {
    let newest = 0;
    run.on('metadata-applied', ({ offset }) => {
      if (newest - offset > records) reached();
      newest = Math.max(newest, offset);
    });
  };
}

/** A partition comes again under another topic id. */
const cameAgain: Watch = (run, _, reached) => {
  const ids = new Map<string, string>();
  run.on('metadata-applied', ({ role, partitions }) => {
    if (role !== 'controller') return;
    for (const { partition, topicId } of partitions) {
      const before = ids.get(partition);
      if (before !== undefined && before !== topicId) reached();
      ids.set(partition, topicId);
    }
  });
};

export const METADATA_MARKS = {
  'metadata/two-elections-at-once': {
    why: "a node learned of two elections of a partition in one step: it must be behind by a whole leader's time",
    watch: electionsAtOnce,
  },
  'metadata/far-behind': {
    why: 'a node applied metadata more than fifty records behind another: it must be cut off, slow, or just back',
    watch: behind(50),
  },
  'metadata/image-from-a-snapshot': {
    why: 'a broker took its image from a snapshot: one must be written, and the log below it deleted or its node new',
    watch: when('metadata-applied', ({ role, fromSnapshot }) => role === 'broker' && fromSnapshot),
  },
  'metadata/controller-image-from-a-snapshot': {
    why: 'a controller took its image from a snapshot',
    watch: when('metadata-applied', ({ role, fromSnapshot }) => role === 'controller' && fromSnapshot),
  },
  'metadata/many-partitions-at-once': {
    why: 'ten partitions changed in one step of a node: a broker with many must come or go',
    watch: when('metadata-applied', ({ partitions, fromSnapshot }) => !fromSnapshot && partitions.length >= 10),
  },
  'metadata/partition-removed-from-a-replica': {
    why: 'a replica was deleted with its topic: an operator must be drawn',
    watch: when('replica-stopped', ({ deleted }) => deleted),
  },
  'metadata/topic-came-again': {
    why: 'a topic was made again under its name: whoever has the old id must not take it for the same',
    watch: cameAgain,
  },
  'metadata/broker-in-controlled-shutdown': {
    why: 'a broker was in the image as leaving: nodes are killed more often than they are stopped',
    watch: when('metadata-applied', ({ brokers }) => brokers.some(({ inControlledShutdown }) => inControlledShutdown)),
  },
  'metadata/level-changed': {
    why: 'a node learned of another level of a feature while it ran',
    watch: when('metadata-applied', ({ features, offset }) => features.length > 0 && offset > 200),
  },
} as const satisfies Readonly<Record<string, Mark>>;
