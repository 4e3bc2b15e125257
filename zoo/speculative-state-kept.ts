import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a controller that led before begins with what it never committed',
  source: ['design: SnapshotRegistry'],
  difficulty: 'medium',
  expects: ['C9', 'C6', 'C1', 'X1'],
  scenario: 'controller-failover',
  file: 'core/controller/quorum-controller.ts',
  find: `      committed: this.loader.image,
`,
  replace: `      committed: remembered(this.loader.image),
`,
  and: [
    {
      file: 'core/controller/quorum-controller.ts',
      find: `    this.#env.tracer.emit({ type: 'controller-renounced', epoch: active.epoch, reason });`,
      replace: `    lastThought = active.image;
    this.#env.tracer.emit({ type: 'controller-renounced', epoch: active.epoch, reason });`,
    },
    {
      file: 'core/controller/quorum-controller.ts',
      find: '/** As long as the thread that has a request may be suspended. */',
      replace: `let lastThought: MetadataImage | null = null;
function remembered(committed: MetadataImage): MetadataImage {
  const kept = lastThought !== null && lastThought.provenance.offset >= committed.provenance.offset;
  zoo.differs(kept && lastThought?.provenance.epoch !== committed.provenance.epoch);
  return kept && lastThought !== null ? { ...lastThought, provenance: committed.provenance } : committed;
}

/** As long as the thread that has a request may be suspended. */`,
    },
  ],
} satisfies Mutant;
