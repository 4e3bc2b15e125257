import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeBundle } from '../campaign/bundle.ts';
import { writeDecisions } from '../campaign/decisions-file.ts';
import { outcomeOf } from '../campaign/outcome.ts';
import { planOf, runScenario } from '../campaign/run-scenario.ts';
import { EXIT_MEANINGS } from '../campaign/usage.ts';
import calm from '../scenarios/calm.ts';
import type { Recording } from '../world/chance.ts';

const trial = fileURLToPath(new URL('./trial.mjs', import.meta.url));

for (const args of [
  ['run', '--foo'],
  ['run', '--seed', 'abc'],
  ['run', '--scenario', 'nope'],
  ['run', '--plan', fileURLToPath(new URL('../package.json', import.meta.url))],
  ['campaign', '--out', `${trial}/inside-a-file`],
  ['campaign', '--seeds', '9..1'],
  ['list', 'nonsense'],
  ['topics', '--list'],
  ['groups', '--bootstrap-server', 'localhost'],
  ['consume', '--bootstrap-server', 'localhost:9092', '--partition', 'x'],
  ['transactions', '--bootstrap-server', 'localhost:9092'],
]) {
  test(`refused in one sentence, with status 2: ${args.slice(0, 2).join(' ')}`, (t) => {
    t.timeout(120_000);
    const { status, stdout, stderr } = spawnSync(process.execPath, [trial, ...args], { encoding: 'utf8' });
    t.is(status, 2, stderr);
    t.is(stdout, '');
    t.regex(stderr, /^trial: [^\n]+\n$/);
    t.notRegex(stderr, /outputHelp/); // commander's name for a command that is missing
  });
}

test('README and --help tell every exit status in the same words', (t) => {
  t.timeout(120_000);
  const { stdout, status } = spawnSync(process.execPath, [trial, '--help'], { encoding: 'utf8' });
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  t.is(status, 0);
  t.deepEqual(
    EXIT_MEANINGS.map(([code]) => code),
    [0, 1, 2, 3, 130],
  );
  for (const [code, meaning] of EXIT_MEANINGS) {
    t.true(stdout.includes(`${String(code).padStart(5)}  ${meaning}\n`));
    t.true(readme.includes(`| ${code} | ${meaning} |`));
  }
});

test('replay says that nothing concerned a partition that the run never had', (t) => {
  t.timeout(120_000);
  const replay = (partition: string): string => {
    const args = [trial, 'replay', '1', '--scenario', 'calm', '--partition', partition, '--until', 'became-leader:1'];
    return spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout;
  };
  t.regex(replay('nope-7'), /\nNothing that was to be told concerned nope-7: is that the partition you mean\?\n/);
  t.notRegex(replay('__cluster_metadata-0'), /Nothing that was to be told/);
});

test('a report goes into a folder that is there only once the campaign has begun, as in the workflow of trial init', (t) => {
  t.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'trial-cli-'));
  const out = join(folder, 'trial-out');
  const files = [join(out, 'junit.xml'), join(folder, 'more', 'merged.xml')] as const;
  const campaign = ['campaign', '--scenario', 'calm', '--seeds', '1..1', '--workers', '1', '--out', out, '--junit', files[0]];
  for (const args of [campaign, ['report', join(out, 'results.ndjson'), '--junit', files[1]]]) {
    const { status, stderr } = spawnSync(process.execPath, [trial, ...args], { encoding: 'utf8' });
    t.is(status, 0, stderr);
  }
  for (const file of files) t.regex(readFileSync(file, 'utf8'), /<testsuites/);
  rmSync(folder, { recursive: true });
});

test('a scenario file that never ends to load is refused in one sentence, with status 2', (t) => {
  t.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'trial-cli-'));
  const file = join(folder, 'waits.mjs');
  writeFileSync(file, 'await new Promise(() => {});\nexport default 1;\n');
  for (const command of ['run', 'campaign']) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [trial, command, '--scenario', file], { encoding: 'utf8' });
    t.is(status, 2, stderr);
    t.is(stdout, '');
    t.regex(stderr, /^trial: the scenario file "[^\n]+waits\.mjs" can't be loaded: it awaits something [^\n]+\n$/);
  }
  rmSync(folder, { recursive: true });
});

test('a plan of another version is refused in one sentence, with status 2, by whatever takes plans', (t) => {
  t.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'trial-cli-'));
  const file = join(folder, 'plan.json');
  writeFileSync(file, '{ "formatVersion": 2, "topology": {} }');
  for (const args of [
    ['run', '--plan', file],
    ['replay', folder],
    ['shrink', file],
  ]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [trial, ...args], { encoding: 'utf8' });
    t.is(status, 2, stderr);
    t.is(stdout, '');
    t.is(
      stderr,
      `trial: in "${file}", the plan can't be used: formatVersion is 2, but it must be 1, the version of plans that this version of Trial reads.\n`,
    );
  }
  rmSync(folder, { recursive: true });
});

test('a bundle that is not what it was: one sentence, with status 2; one that is, is replayed exactly', async (t) => {
  t.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'trial-cli-'));
  const plan = planOf(calm, 1);
  let recording = null as Recording | null;
  const result = await runScenario(calm, plan, {
    chance: { record: true },
    onChance: (chance) => void (recording = chance.recording()),
  });
  const { seed, streams } = recording ?? { seed: '', streams: {} };
  const { decisionsFile } = writeBundle(folder, 'calm', plan, outcomeOf(result));
  const replay = (): readonly [number | null, string, string] => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [trial, 'replay', folder], { encoding: 'utf8' });
    return [status, stdout, stderr];
  };
  writeDecisions(decisionsFile, plan, { seed, streams });
  const [exact, told] = replay();
  t.is(exact, 0);
  t.regex(told, /\nReplay: exact \(trace hash [0-9a-f]{16}\)\.\n$/);

  // Of another tree, in which a violation came and the link did not connect first.
  const ofLink = Object.entries(streams).find(([name]) => name.startsWith('network/'));
  const [link = '', draws = { labels: [], simplest: [], draws: [] }] = ofLink ?? [];
  const renamed = { ...draws, labels: draws.labels.map((label) => (label === 'connect' ? 'dial' : label)) };
  writeDecisions(decisionsFile, plan, { seed, streams: { ...streams, [link]: renamed } });
  const resultFile = join(folder, 'result.json');
  const outcome = { ...outcomeOf(result), verdict: 'fail', traceHash: '00000000000000aa' };
  const violations = [{ property: 'R6', message: 'it went wrong', atMs: 1 }];
  const made = JSON.parse(readFileSync(resultFile, 'utf8')) as object;
  writeFileSync(resultFile, JSON.stringify({ ...made, code: 'another', outcome: { ...outcome, violations } }));
  const [diverged, sentence] = replay();
  t.is(diverged, 2);
  t.regex(sentence, new RegExp(`\\nReplay: diverged at decision \\d+ of ${link} \\(expected "dial", got "connect"\\): .*\\n`));

  const refused = (file: string, change: (whole: Buffer) => Buffer | string, message: RegExp): void => {
    const whole = readFileSync(file);
    writeFileSync(file, change(whole));
    const [status, stdout, stderr] = replay();
    writeFileSync(file, whole);
    t.is(status, 2, stderr);
    t.is(stdout, '');
    t.regex(stderr, /^trial: [^\n]+\n$/);
    t.regex(stderr, message);
  };
  const planFile = join(folder, 'plan.json');
  refused(
    planFile,
    (whole) => String(whole).replace('"chaosMs": ', '"chaosMs": 1'),
    /plan\.json" has been edited: it is not the plan /,
  );
  refused(decisionsFile, (whole) => whole.subarray(0, 900), /decisions\.json\.gz" is not whole: /);
  rmSync(folder, { recursive: true });
});

test('a run whose application never gives the thread back ends with status 3 and names it', (t) => {
  t.timeout(120_000);
  const stuck = fileURLToPath(new URL('../campaign/testing/stuck.ts', import.meta.url));
  const args = [trial, 'run', '--scenario', stuck, '--stall-limit', '500ms'];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  t.is(status, 3, stdout);
  t.regex(stdout, /no progress in 500 ms of real time in the code of application app-1 \(workload "app"\)/);
});
