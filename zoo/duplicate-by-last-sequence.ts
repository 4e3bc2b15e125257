import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a batch counts as a repetition if its last sequence is known, whatever its first',
  source: ['KIP-98'],
  difficulty: 'hard',
  expects: ['I4', 'I3'],
  file: 'core/log/producer-state.ts',
  find: '    if (batch.lastSequence === header.lastSequence && firstSequence(batch) === header.baseSequence) return batch;',
  replace: `    const isSame = batch.lastSequence === header.lastSequence && firstSequence(batch) === header.baseSequence;
    if (zoo.instead(isSame, batch.lastSequence === header.lastSequence)) return batch;`,
} satisfies Mutant;
