import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'consumers are served to the end of the log, beyond the high watermark',
  source: ['design: high watermark'],
  difficulty: 'easy',
  expects: ['R18', 'J1'],
  file: 'core/replication/fetch-handler.ts',
  find: `const isolation = isFollower ? 'log-end' : request.isolationLevel === 1 ? 'last-stable' : 'high-watermark';`,
  replace: `const isolation = zoo.instead(isFollower ? 'log-end' : request.isolationLevel === 1 ? 'last-stable' : 'high-watermark', 'log-end');`,
} satisfies Mutant;
