import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the metadata log is deleted up to its high watermark, and not up to its snapshot',
  source: ['KAFKA-14238'],
  difficulty: 'medium',
  expects: ['K12', 'L18', 'X1'],
  scenario: 'controller-failover',
  file: 'core/raft/metadata-log.ts',
  find: `      this.#log.maybeIncrementLogStartOffset(id.offset, 'snapshot');`,
  replace: `      zoo.differs(this.#log.highWatermark > id.offset);
      this.#log.maybeIncrementLogStartOffset(this.#log.highWatermark, 'snapshot');`,
} satisfies Mutant;
