/** The explorers, by name. */
import { meant } from '../../core/config/closest-name.ts';
import { UsageError } from '../usage.ts';
import type { MakeExplorer } from './explorer.ts';
import { guided } from './guided.ts';
import { pct } from './pct.ts';
import { random } from './random.ts';
import { swarm } from './swarm.ts';

export const EXPLORERS = { random, swarm, pct, guided } as const satisfies Readonly<Record<string, MakeExplorer>>;

export type ExplorerName = keyof typeof EXPLORERS;

export const EXPLORER_NAMES = Object.keys(EXPLORERS) as readonly ExplorerName[];

/** Throws UsageError if there is none of this name. */
export function explorerName(text: string): ExplorerName {
  const known = EXPLORER_NAMES.find((name) => name === text);
  if (known !== undefined) return known;
  throw new UsageError(
    `there is no explorer "${text}"${meant(EXPLORER_NAMES, text) || `: give one of ${EXPLORER_NAMES.join(', ')}`}`,
  );
}
