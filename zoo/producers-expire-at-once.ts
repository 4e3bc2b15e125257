import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a producer is forgotten before producer.id.expiration.ms has passed',
  source: ['KIP-360'],
  difficulty: 'medium',
  expects: ['I5', 'I1', 'I2'],
  file: 'core/log/producer-state.ts',
  find: 'return entry.currentTxnFirstOffset < 0 && nowMs - entry.lastTimestamp >= expirationMs;',
  replace:
    'return entry.currentTxnFirstOffset < 0 && zoo.instead(nowMs - entry.lastTimestamp >= expirationMs, nowMs - entry.lastTimestamp >= expirationMs / 2);',
} satisfies Mutant;
