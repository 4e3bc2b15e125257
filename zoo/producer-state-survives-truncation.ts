import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'what a log remembers of producers is not that of the log any more after a truncation',
  source: ['KAFKA-12153'],
  difficulty: 'medium',
  expects: ['I5', 'I4', 'I2'],
  file: 'core/log/log-truncation.ts',
  find: `    rebuildProducerState(this.#context, producers, snapshots, segments.all, rebuild);
`,
  replace: `    zoo.differs(producers.endOffset > to && producers.size > 0);
    if (rebuild.upTo < 0) rebuildProducerState(this.#context, producers, snapshots, segments.all, rebuild);
    producers.advanceTo(to);
`,
} satisfies Mutant;
