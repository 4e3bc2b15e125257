import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a truncation of the metadata log below the high watermark is done',
  source: ['KAFKA-12460'],
  difficulty: 'medium',
  expects: ['K9', 'K5', 'X1'],
  scenario: 'power-loss',
  file: 'core/raft/fetcher.ts',
  find: '    if (to >= highWatermark) return log.truncateTo(to);',
  replace: '    if (zoo.instead(to >= highWatermark, true)) return log.truncateTo(to);',
  masked: 'it only hides what other faults did: with synced metadata logs nothing that is committed is ever cut',
} satisfies Mutant;
