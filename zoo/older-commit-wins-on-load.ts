import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'of two commits the one that comes first in the log counts after a load',
  source: ['design: coordinator loading'],
  difficulty: 'easy',
  expects: ['GR13', 'GR5', 'GR6'],
  file: 'core/group/group-replay.ts',
  find: '    if (producerId < 0) group.offsets.set(key, offset);',
  replace: `    zoo.differs(producerId < 0 && group.offsets.has(key));
    if (producerId < 0) group.offsets.set(key, group.offsets.get(key) ?? offset);`,
} satisfies Mutant;
