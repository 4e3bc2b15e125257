// Mutants that are found within a few seeds, each by what it breaks: whether the zoo works at all.
//
//   npm run zoo-sample                  exit status 1 if one of them is not found
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SAMPLE = [
  'ack-on-local-append',
  'aborted-list-without-last',
  'aborted-records-returned',
  'commit-counts-before-replicated',
  'complete-before-markers',
  'consumer-reads-to-log-end',
  'controller-answers-before-commit',
  'coordinator-load-in-one-buffer',
  'fenced-broker-elected',
  'follower-counted-when-served',
  'generation-forgotten-on-load',
  'high-watermark-is-log-end-after-restart',
  'init-leaves-transaction-open',
  'leader-epoch-not-raised',
  'lower-epoch-served',
  'marker-of-another-decision',
  'min-isr-not-checked',
  'min-isr-off-everywhere',
  'new-incarnation-stays-in-isr',
  'partition-handed-over-unacknowledged',
];

const trial = fileURLToPath(new URL('../cli/trial.mjs', import.meta.url));
const { status } = spawnSync(process.execPath, [trial, 'zoo', ...SAMPLE, '--starts', '1', '--seeds', '1..10'], {
  stdio: 'inherit',
});
process.exit(status ?? 3);
