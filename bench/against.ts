/**
 * The figures of this tree and of another commit, side by side: `npm run bench -- --against COMMIT`. Both trees measure themselves in
 * turns, so that what else the machine does befalls both; only the ratio means something.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure } from './figure.ts';
import { spread } from './statistics.ts';
import { PAIR_TARGETS, type PairTarget } from './targets.ts';

const ROOT = join(import.meta.dirname, '..');

export interface Pair {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly clock: Figure['clock'];
  /** The median of the rounds' medians. */
  readonly before: number;
  readonly now: number;
  /** Of each round, now divided by before. */
  readonly ratios: readonly number[];
}

/**
 * Figures of both trees, of so many alternated rounds, by this tree's bench in both: the older one's may lack a section. Throws an Error
 * with git's or npm's words for a commit that cannot be measured.
 */
export function measureAgainst(commit: string, args: readonly string[], rounds: number): Pair[] {
  const before = mkdtempSync(join(tmpdir(), 'trial-before-'));
  try {
    git('worktree', 'add', '--detach', '--force', before, commit);
    install(before);
    cpSync(join(ROOT, 'bench'), join(before, 'bench'), { recursive: true });
    const measured = Array.from({ length: rounds }, () => ({ before: measure(before, args), now: measure(ROOT, args) }));
    return pairs(measured);
  } finally {
    git('worktree', 'remove', '--force', before);
    rmSync(before, { recursive: true, force: true });
  }
}

function git(...args: string[]): void {
  execFileSync('git', args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** The packages of this tree serve if the other one asks for the same. */
function install(tree: string): void {
  const lock = (of: string): string => readFileSync(join(of, 'package-lock.json'), 'utf8');
  if (lock(tree) === lock(ROOT) && existsSync(join(ROOT, 'node_modules')))
    symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  else execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: tree, stdio: ['ignore', 'ignore', 'inherit'] });
}

function measure(tree: string, args: readonly string[]): readonly Figure[] {
  const output = execFileSync(process.execPath, ['bench/all.ts', '--json', ...args], { cwd: tree, encoding: 'utf8' });
  return (JSON.parse(output) as { readonly figures: readonly Figure[] }).figures;
}

function pairs(rounds: readonly { readonly before: readonly Figure[]; readonly now: readonly Figure[] }[]): Pair[] {
  const value = (figures: readonly Figure[], id: string): number | undefined =>
    figures.find((figure) => figure.id === id)?.value.median;
  const found: Pair[] = [];
  for (const { id, title, unit, clock } of rounds[0]?.now ?? []) {
    const both = rounds.flatMap(({ before, now }) => {
      const values = { before: value(before, id), now: value(now, id) };
      return values.before === undefined || values.now === undefined ? [] : [{ before: values.before, now: values.now }];
    });
    if (both.length < rounds.length) continue;
    found.push({
      id,
      title,
      unit,
      clock,
      before: spread(both.map(({ before }) => before)).median,
      now: spread(both.map(({ now }) => now)).median,
      ratios: both.map(({ before, now }) => now / before),
    });
  }
  return found;
}

export function pairLine({ id, title, unit, clock, before, now, ratios }: Pair): string {
  const { median, min, max } = spread(ratios);
  const ratio = `${median.toFixed(3)}x (${min.toFixed(3)}..${max.toFixed(3)})`;
  const target = PAIR_TARGETS[id];
  const wanted = target === undefined ? '' : verdict(target, target.of === 'now' ? now : median);
  const name = `${id.slice(0, id.indexOf('.'))}: ${title}`;
  return `  ${name.padEnd(70)} ${before.toPrecision(4)} -> ${now.toPrecision(4)} ${unit}${clock === '' ? '' : ` [${clock}]`}, ${ratio}${wanted}`;
}

function verdict({ of, at, value }: PairTarget, measured: number): string {
  const isMet = at === 'least' ? measured >= value : measured <= value;
  return `  target: ${of === 'now' ? 'now ' : ''}${at === 'least' ? '>=' : '<='} ${Number(value.toPrecision(3))}, ${isMet ? 'met' : 'missed'}`;
}
