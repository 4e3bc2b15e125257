import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'an ISR change that was answered by an error that passes is not asked for again',
  source: ['KAFKA-12751', 'KAFKA-14010'],
  difficulty: 'easy',
  expects: ['L6', 'L4'],
  file: 'core/replication/isr-changes.ts',
  find: `        this.#submit(leader, change);
    }
  }`,
  replace: `        zoo.differs();
    }
  }`,
} satisfies Mutant;
