/** The files that `trial init` writes, as texts. */

/** How a project runs its tests. */
export type Runner = 'ava' | 'vitest' | 'jest' | 'node';

export const RUNNERS: readonly Runner[] = ['ava', 'vitest', 'jest', 'node'];

/** Where `test` comes from; Jest brings it as a global. */
const IMPORT_OF_TEST: Readonly<Record<Runner, string>> = {
  ava: "import test from 'ava';\n",
  vitest: "import { test } from 'vitest';\n",
  jest: '',
  node: "import test from 'node:test';\n",
};

/** A first scenario, as TypeScript or as plain JavaScript. */
export function scenarioText(typescript: boolean): string {
  const types = typescript ? ', type Workload' : '';
  const workload = typescript ? 'const shop: Workload = async (context) => {' : 'const shop = async (context) => {';
  return `${typescript ? '' : '// @ts-check\n'}/** Orders are written and read while partition leaders die. Every acknowledged order must be seen, in order, at least once. */
import { between, groupReader, oneOf, scenario${types} } from 'kafka-trial';

${typescript ? '' : "/** @type {import('kafka-trial').Workload} */\n"}${workload}
  const producer = context.producer({ acks: 'all' });
  while (context.writing()) {
    await producer.send({ topic: 'orders', key: 'customer-1', value: context.uniqueValue() });
    await context.sleep(context.random.between(50, 250, 'pause'));
  }
  await producer.close();
};

export default scenario({
  name: 'orders',
  about: 'orders are written and read while partition leaders die',
  cluster: { brokers: 3, controllers: oneOf(1, 3), properties: { 'min.insync.replicas': 2 } },
  topics: [{ name: 'orders', partitions: between(1, 3), replicationFactor: 3 }],
  clients: [
    { name: 'shop', count: between(1, 2), run: shop },
    {
      name: 'warehouse',
      count: 2,
      run: groupReader,
      properties: { 'group.id': 'warehouse', 'auto.offset.reset': 'earliest' },
      params: { topics: 'orders', commit: 'sync' },
    },
  ],
  chaosMs: 10_000,
  faults: { kinds: ['crash', 'pause', 'isolate'], atMost: 4 },
});
`;
}

/** A test for the runner: ten seeds, a test each. */
export function testText(runner: Runner, scenarioFile: string): string {
  return `${IMPORT_OF_TEST[runner]}import { testScenario } from 'kafka-trial/test';
import orders from './${scenarioFile}';

testScenario(test, orders, { seeds: 10 });
`;
}

/** A GitHub Actions workflow: some seeds on every push, new ones every night, in four shards, merged into one report. */
export function workflowText(scenarioFile: string): string {
  return `# Seeded campaigns over ${scenarioFile}: the same 400 seeds on every push, 4,000 new ones every night.
name: trial
on:
  push:
  pull_request:
  schedule:
    - cron: '17 2 * * *'
jobs:
  campaign:
    runs-on: ubuntu-latest
    strategy:
      fail-fast: false
      matrix:
        shard: [1, 2, 3, 4]
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 24
          cache: npm
      - run: npm ci
      - name: Which seeds
        run: |
          if [ "$GITHUB_EVENT_NAME" = schedule ]; then
            from=$((GITHUB_RUN_NUMBER * 4000 + 1))
            echo "SEEDS=$from..$((from + 3999))" >> "$GITHUB_ENV"
          else
            echo 'SEEDS=1..400' >> "$GITHUB_ENV"
          fi
      - run: >
          npx trial campaign --scenario ${scenarioFile} --seeds "$SEEDS" --shard \${{ matrix.shard }}/4
          --out trial-out --junit trial-out/junit.xml
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: trial-\${{ matrix.shard }}
          path: trial-out
  report:
    needs: campaign
    if: always()
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 24
          cache: npm
      - run: npm ci
      - uses: actions/download-artifact@v4
        with:
          path: shards
      - run: npx trial report shards/*/results.ndjson --html trial.html --junit trial.xml
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: trial
          path: |
            trial.html
            trial.xml
`;
}
