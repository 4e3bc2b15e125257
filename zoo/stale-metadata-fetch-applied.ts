import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'an answer to a fetch of the metadata log is applied to another log than the one there was',
  source: ['KIP-595'],
  difficulty: 'hard',
  expects: ['K4', 'X1'],
  scenario: 'controller-failover',
  file: 'core/raft/fetcher.ts',
  find: 'const isCurrent = comparePositions(asked, log.endPosition) === 0 && role.download === null;',
  replace:
    'const isCurrent = zoo.instead(comparePositions(asked, log.endPosition) === 0 && role.download === null, role.download === null);',
} satisfies Mutant;
