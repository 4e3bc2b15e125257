/** Campaigns over one and over two workers: seeds per second, from when the workers are warm. */
import { campaign } from '../campaign/campaign.ts';
import type { Figure } from './figure.ts';
import { type Spread, spread } from './statistics.ts';

/** `seeds` per campaign and worker, of which the first half warms up. */
export async function measureWorkers(scenario: string, seeds: number, rounds: number): Promise<Figure[]> {
  const one: number[] = [];
  const two: number[] = [];
  for (let i = 0; i < rounds; i++) {
    one.push(await rateOf(scenario, 1, seeds));
    two.push(await rateOf(scenario, 2, seeds));
  }
  const figure = (id: string, title: string, value: Spread): Figure => ({
    id: `workers.${id}`,
    title,
    unit: '/s',
    clock: 'wall',
    value,
  });
  return [
    figure('one', 'campaign, seeds on one worker', spread(one)),
    figure('two', 'campaign, seeds on two workers', spread(two)),
    {
      id: 'workers.ratio',
      title: 'two workers against one',
      unit: 'x',
      clock: 'wall',
      value: spread(two.map((rate, i) => rate / (one[i] ?? Number.NaN))),
      target: { at: 'least', value: 1.8 },
    },
  ];
}

async function rateOf(scenario: string, workers: number, seedsPerWorker: number): Promise<number> {
  const total = seedsPerWorker * workers;
  const warm = total >> 1;
  let done = 0;
  let warmAtMs = 0;
  let endedAtMs = 0;
  await campaign({
    scenarios: [scenario],
    seeds: { from: 1, to: total },
    workers,
    onOutcome: () => {
      done++;
      if (done === warm) warmAtMs = performance.now();
      if (done === total) endedAtMs = performance.now();
    },
  });
  return ((total - warm) / (endedAtMs - warmAtMs)) * 1000;
}
