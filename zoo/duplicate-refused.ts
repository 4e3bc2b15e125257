import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a repetition of a batch that is in the log is refused, and not answered with its offset',
  source: ['KAFKA-5494', 'KIP-98'],
  difficulty: 'medium',
  expects: ['I3', 'J5', 'I4'],
  file: 'core/log/producer-state.ts',
  find: `    if (origin === 'client' && entry !== undefined) {
      const batch`,
  replace: `    if (zoo.instead(origin === 'client' && entry !== undefined && findDuplicate(entry, header) !== null, false) && entry !== undefined) {
      const batch`,
} satisfies Mutant;
