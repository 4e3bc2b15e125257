import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a broker is fenced before its session time-out has passed',
  source: ['KIP-631'],
  difficulty: 'easy',
  expects: ['C16'],
  file: 'core/controller/heartbeats.ts',
  find: '    return oldest !== null && oldest.session.lastContactMs + this.#sessionTimeoutMs < nowMs ? oldest.brokerId : null;',
  replace:
    '    return oldest !== null && zoo.instead(oldest.session.lastContactMs + this.#sessionTimeoutMs < nowMs, oldest.session.lastContactMs + this.#sessionTimeoutMs / 3 < nowMs) ? oldest.brokerId : null;',
} satisfies Mutant;
