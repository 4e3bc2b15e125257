/** Which part of the house the processor works for: a CPU profile of some seeds, taken in this process. */
import { Session } from 'node:inspector/promises';
import type { Scenario } from '../scenarios/scenario.ts';
import type { Figure } from './figure.ts';
import { runSeed } from './seeds.ts';

const SAMPLE_US = 250;
const PARTS = ['world', 'sim', 'core', 'properties', 'scenarios', 'campaign'] as const;

/** Shares of self time, in percent of what was not idle. Native code and V8's own work are shares of their own. */
export async function measureShares(scenario: Scenario, seeds: number): Promise<Figure[]> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_US });
  await session.post('Profiler.start');
  for (let seed = 1; seed <= seeds; seed++) await runSeed(scenario, seed);
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  const partOfNode = new Map(profile.nodes.map(({ id, callFrame }) => [id, partOf(callFrame)]));
  const timeOf = new Map<string, number>();
  const { samples = [], timeDeltas = [] } = profile;
  samples.forEach((node, i) => {
    const part = partOfNode.get(node) ?? 'other';
    timeOf.set(part, (timeOf.get(part) ?? 0) + (timeDeltas[i] ?? 0));
  });
  timeOf.delete('idle');
  const total = [...timeOf.values()].reduce((sum, time) => sum + time, 0);
  return [...timeOf]
    .toSorted(([, a], [, b]) => b - a)
    .map(([part, time]) => {
      const percent = (time / total) * 100;
      return {
        id: `share.${part}`,
        title: `share of ${part}`,
        unit: '%',
        clock: '',
        value: { median: percent, min: percent, max: percent },
        ...(part === 'world/' ? { target: { at: 'most', value: 30 } as const } : {}),
      };
    });
}

function partOf(frame: { readonly functionName: string; readonly url: string }): string {
  const { functionName, url } = frame;
  if (functionName === '(idle)') return 'idle';
  if (functionName === '(garbage collector)') return 'the garbage collector';
  if (functionName === '(program)' || functionName === '(root)') return 'V8 itself';
  if (url === '') return isCompiledCodec(functionName) ? 'core/' : 'native code';
  // Starting and stopping the profile itself.
  if (url.startsWith('node:inspector')) return 'idle';
  if (url.startsWith('node:')) return 'Node';
  if (url.includes('/node_modules/')) return 'libraries';
  const path = url.slice(new URL('..', import.meta.url).href.length);
  return PARTS.some((part) => path.startsWith(`${part}/`)) ? `${path.slice(0, path.indexOf('/'))}/` : 'the bench';
}

/** The codec compiles functions called `read7`, `write12`, which have no file. */
function isCompiledCodec(name: string): boolean {
  return /^(read|write)\d+$/.test(name);
}
