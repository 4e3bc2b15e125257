import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: `the file with a log's topic id is not waited for when the log is flushed`,
  source: ['KIP-516'],
  difficulty: 'hard',
  expects: ['S12', 'R21', 'S9'],
  scenario: 'topics-come-and-go',
  file: 'core/log/partition-metadata.ts',
  find: '    return waiting === null ? [] :',
  replace: '    return zoo.instead(waiting === null, true) || waiting === null ? [] :',
} satisfies Mutant;
