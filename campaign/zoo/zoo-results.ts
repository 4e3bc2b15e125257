/** The runs of a zoo in a file, so that another process can go on: a line each, of this tree and this mutant or it does not count. */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { prepareFolder, readText } from '../files.ts';
import { UsageError } from '../usage.ts';
import { HOUSE } from './load-zoo.ts';
import { editsOf, type NamedMutant } from './mutant.ts';
import type { MutantRun } from './mutant-search.ts';

const runSchema = z.strictObject({
  mutant: z.string(),
  change: z.string(),
  scenario: z.string(),
  seed: z.number(),
  detectedBy: z.array(z.string()),
  error: z.string().nullable(),
  ran: z.number(),
  differed: z.number(),
  cpuMs: z.number(),
});
const headSchema = z.strictObject({ tree: z.string() });

export class ZooResults {
  readonly #path: string;
  readonly #known: readonly z.infer<typeof runSchema>[];

  /** Throws UsageError if the folder holds results of another tree. */
  constructor(folder: string) {
    prepareFolder(folder);
    this.#path = join(folder, 'zoo.ndjson');
    const tree = treeHash();
    if (!existsSync(this.#path)) {
      writeFileSync(this.#path, `${JSON.stringify({ tree })}\n`);
      this.#known = [];
      return;
    }
    const [head = '', ...lines] = readText(this.#path).split('\n');
    const of = headSchema.safeParse(parsed(head));
    if (!of.success) throw new UsageError(`"${this.#path}" does not begin as results of "trial zoo" do: give another folder`);
    if (of.data.tree !== tree) {
      throw new UsageError(
        `"${this.#path}" holds results of other sources than these: what was found there may not be found here; give another folder`,
      );
    }
    // The last line may be cut off, if the process that wrote it was ended.
    this.#known = lines.flatMap((line) => {
      const run = runSchema.safeParse(parsed(line));
      return run.success ? [run.data] : [];
    });
  }

  /** What was run before of a mutant as it is now. */
  runsOf(mutant: NamedMutant, scenario: string): readonly MutantRun[] {
    const change = changeHash(mutant);
    return this.#known
      .filter((run) => run.mutant === mutant.id && run.change === change && run.scenario === scenario)
      .map(({ mutant: _, change: __, scenario: ___, ...run }) => run);
  }

  add(mutant: NamedMutant, scenario: string, run: MutantRun): void {
    appendFileSync(this.#path, `${JSON.stringify({ mutant: mutant.id, change: changeHash(mutant), scenario, ...run })}\n`);
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function changeHash(mutant: NamedMutant): string {
  return hashOf(JSON.stringify(editsOf(mutant)));
}

/** Of everything that a run depends on. */
function treeHash(): string {
  const files = globSync('{ports,world,core,sim,properties,scenarios}/**/*.ts', { cwd: HOUSE })
    .filter((file) => !file.endsWith('.test.ts') && !file.includes('/testing/'))
    .sort();
  return hashOf(files.map((file) => `${file}\n${readFileSync(join(HOUSE, file), 'utf8')}`).join('\n'));
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
