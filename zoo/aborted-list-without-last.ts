import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the list of aborted transactions lacks the last one',
  source: ['KIP-98', 'KAFKA-5376'],
  difficulty: 'easy',
  expects: ['T7', 'J5'],
  scenario: 'mixed-isolation',
  file: 'core/log/log-reader.ts',
  find: `    }
    return aborted;
  }`,
  replace: `    }
    zoo.differs(aborted.length > 0);
    return aborted.slice(0, -1);
  }`,
  and: [
    {
      file: 'core/log/log-reader.ts',
      find: '        if (lastStableOffset >= bound) return aborted;',
      replace: `        zoo.differs(lastStableOffset >= bound && aborted.length > 0);
        if (lastStableOffset >= bound) return aborted.slice(0, -1);`,
    },
  ],
} satisfies Mutant;
