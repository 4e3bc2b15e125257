/**
 * The package as a new user meets it: packed, installed into a fresh project under the oldest Node that is promised, without
 * a warning from npm, and the world by itself there; then `trial init` and its test in AVA, Vitest, Jest and node:test, with a
 * scenario that passes and one that fails, and a service that does and one that does not. Needs the npm registry. `npm run try-package`, or `npm run try-package -- ava jest`
 * for some runners only.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { engines, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
/** The oldest release of what `engines` promises, and the npm that came with it. */
const LOWEST_NODE = `${/\d+/.exec(engines.node)[0]}.0.0`;
const LOWEST_NPM = '9.6.4';
const RUNNERS = {
  ava: { ava: devDependencies.ava },
  vitest: { vitest: '5.1.2' },
  jest: { jest: '30.5.2', '@types/jest': '30.0.0' },
  node: {},
};
const TYPES = { typescript: devDependencies.typescript, '@types/node': devDependencies['@types/node'] };

/** A property of the user's own that the first acknowledged order violates. */
const PLANTED = `checks: [
    {
      properties: [{ id: 'NO-ORDERS', title: 'nobody orders anything' }],
      create: (context) => {
        context.onHistory((event) => {
          if (event.type === 'ok' && event.result.f === 'send') context.violated('NO-ORDERS', 'somebody ordered something');
        });
        return {};
      },
    },
  ],`;

/** Another subject than Kafka in the world: a machine loses power, and what its process had not synced may be gone. */
const WORLD = `import { trySeeds, World } from 'kafka-trial/world';

const failure = await trySeeds({ from: 1, to: 100 }, async (seed, host) => {
  const world = new World({ seed });
  const machine = world.createMachine({ name: 'm' });
  const store = world.createProcess({
    name: 'store',
    machine,
    entry: (env) => {
      env.disk.open('/file', { create: true }).append(Uint8Array.of(1));
    },
  });
  store.start();
  world.after(1_000, () => machine.powerOff());
  await world.run({ until: 2_000, host });
  if (machine.disk.peek('/file') === null) throw new Error('nothing was synced');
});
console.log(String(failure?.error));
`;

/** A service of the user's, and its test of ten lines: what reads orders makes an invoice of each. */
const SERVICE = `import { Kafka, logLevel } from 'kafkajs';

const kafka = new Kafka({ brokers: process.env.KAFKA_BROKERS!.split(','), logLevel: logLevel.NOTHING, retry: { retries: 20 } });
const consumer = kafka.consumer({ groupId: 'invoices', sessionTimeout: 10_000, rebalanceTimeout: 10_000 });
const producer = kafka.producer();
await producer.connect();
await consumer.connect();
await consumer.subscribe({ topics: ['orders'], fromBeginning: true });
await consumer.run({
  eachMessage: async ({ message }) => {
    const { orderId } = JSON.parse(String(message.value));
    await producer.send({ topic: 'invoices', messages: [{ key: orderId, value: JSON.stringify({ orderId }) }] });
  },
});
`;
const trialTest = (runner, expected, seeds) => {
  const imports = {
    ava: `import test from 'ava';`,
    vitest: `import { test } from 'vitest';`,
    node: `import test from 'node:test';`,
  };
  const call = `trialApp({
    entry: './src/order-service.ts', topics: { orders: 3, invoices: 3 }, instances: 2,
    inputs: { orders: 60 }, expect: { ${expected}: 'orderId', in: 'invoices' }, seeds: ${seeds},
  })`;
  const body = {
    ava: `async (t) => { t.timeout(300_000); await t.notThrowsAsync(${call}); }`,
    vitest: `() => ${call}, 300_000`,
    node: `() => ${call}`,
  };
  return `${imports[runner]}\nimport { trialApp } from 'kafka-trial/test';\n\ntest('orders survive failovers', ${body[runner]});\n`;
};
/** In Jest a test's modules are not Node's own, which the realm of a service needs. */
const TRIAL_TESTS = {
  ava: 'npx ava --timeout=5m trial/service.test.mjs',
  vitest: 'npx vitest run trial/service.test.mjs',
  node: 'node --test trial/service.test.mjs',
};

const scratch = mkdtempSync(join(tmpdir(), 'trial-package-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
let failures = 0;

const tarball = pack();
const lowest = lowestNode();
const oldest = project('lowest', {});
check('no warning on the oldest Node', () => quietInstall(oldest, lowest));
check('the world by itself, on the oldest Node', () => tryWorld(oldest, lowest));
check('no warning with this npm', () => quietInstall(project('newest', {}), []));
const chosen = process.argv.slice(2);
check('a page of a run', () => tryPage(oldest, lowest));
for (const [runner, packages] of Object.entries(RUNNERS)) {
  if (chosen.length > 0 && !chosen.includes(runner)) continue;
  const folder = project(runner, { ...packages, ...TYPES });
  const initialised = check(`${runner}: trial init`, () => {
    run('npm', ['install', '--save-dev', '--loglevel=error', tarball], { cwd: folder });
    const { stdout } = run('npx', ['trial', 'init'], { cwd: folder });
    return stdout.trim().split('\n').at(-1).split('  # ')[0].trim();
  });
  if (initialised === null) continue;
  check(`${runner}: the test passes (${initialised})`, () => run('sh', ['-c', initialised], { cwd: folder }));
  check(`${runner}: the types fit`, () => {
    const extension = runner === 'jest' ? 'mjs' : 'mts';
    // A `.mts` test, which imports the same: what the compiler takes is what an editor completes.
    const text = readFileSync(join(folder, 'trial/orders.test.mjs'), 'utf8');
    writeFileSync(join(folder, 'trial/typed.mts'), text);
    writeFileSync(join(folder, 'trial/world.mts'), WORLD);
    run(
      'npx',
      [
        'tsc',
        '--noEmit',
        '--strict',
        '--skipLibCheck',
        '--allowJs',
        '--module',
        'nodenext',
        '--allowImportingTsExtensions',
        '--types',
        runner === 'jest' ? 'node,jest' : 'node',
        `trial/orders.${extension}`,
        'trial/typed.mts',
        'trial/world.mts',
      ],
      { cwd: folder },
    );
  });
  if (Object.hasOwn(TRIAL_TESTS, runner)) tryService(runner, folder);
  check(`${runner}: a scenario that fails makes a test that fails, and says how to run it again`, () => {
    const scenario = runner === 'jest' ? 'orders.mjs' : 'orders.mts';
    const path = join(folder, 'trial', scenario);
    writeFileSync(path, readFileSync(path, 'utf8').replace('faults: {', `${PLANTED}\n  faults: {`));
    const { stdout, stderr } = run('sh', ['-c', initialised], { cwd: folder, status: 1 });
    for (const text of ['NO-ORDERS', 'seeds: [1]']) {
      if (!`${stdout}${stderr}`.includes(text)) throw new Error(`"${text}" is not in the output:\n${stdout}${stderr}`);
    }
  });
}
process.stdout.write(failures === 0 ? 'The package works.\n' : `${failures} checks of the package failed.\n`);
process.exitCode = failures === 0 ? 0 : 1;

function pack() {
  const { stdout } = run('npm', ['pack', '--silent', '--pack-destination', scratch], { cwd: root });
  return join(scratch, stdout.trim().split('\n').at(-1));
}

/** Folders for the front of PATH: the oldest Node of this platform, and the npm of its time. */
function lowestNode() {
  const folder = project('oldest-node', {});
  const system = process.platform === 'win32' ? 'win' : process.platform;
  const prefix = system === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  const name = `${prefix}-${system}-${process.arch}`;
  run('npm', ['install', '--loglevel=error', `${name}@${LOWEST_NODE}`, `npm@${LOWEST_NPM}`], { cwd: folder });
  return [join(folder, 'node_modules/.bin')];
}

function project(name, dependencies) {
  const folder = join(scratch, name);
  mkdirSync(folder);
  const ava = Object.hasOwn(dependencies, 'ava') ? { ava: { files: ['trial/*.test.mjs'] } } : {};
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, private: true, devDependencies: dependencies, ...ava }));
  return folder;
}

/** Runs another subject than Kafka in the world, in a project that has the package. */
function tryWorld(folder, path) {
  writeFileSync(join(folder, 'world.mjs'), WORLD);
  const { stdout } = run('node', ['world.mjs'], { cwd: folder, env: withPath(path) });
  if (stdout !== 'Error: nothing was synced\n') throw new Error(`it printed ${stdout}`);
}

/** Makes a page, which holds the package's own code: the view as it was built, and the worker from dist/. */
function tryPage(folder, path) {
  const { stdout } = run(
    'node',
    ['node_modules/kafka-trial/cli/trial.mjs', 'open', '1', '--scenario', 'calm', '--out', 'page.html'],
    { cwd: folder, env: withPath(path) },
  );
  const html = readFileSync(join(folder, 'page.html'), 'utf8');
  const isWhole = html.includes('id="trial-end"') && html.length > 500_000 && html.length < 2_000_000;
  if (!isWhole) throw new Error(`a page of ${html.length} characters: ${stdout}`);
}

function withPath(path) {
  return { ...process.env, PATH: [...path, process.env.PATH].join(delimiter) };
}

/** The ten lines of docs/testing-your-app.md: for a service that holds its promise, and for one that does not. */
function tryService(runner, folder) {
  check(`${runner}: a service with kafkajs, in ten lines`, () => {
    run('npm', ['install', '--loglevel=error', `kafkajs@${devDependencies.kafkajs}`], { cwd: folder });
    mkdirSync(join(folder, 'src'));
    writeFileSync(join(folder, 'src/order-service.ts'), SERVICE);
    writeFileSync(join(folder, 'trial/service.test.mjs'), trialTest(runner, 'atLeastOncePer', 3));
    run('sh', ['-c', TRIAL_TESTS[runner]], { cwd: folder });
  });
  check(`${runner}: a service that breaks its promise makes a test that fails, and says which and how`, () => {
    writeFileSync(join(folder, 'trial/service.test.mjs'), trialTest(runner, 'exactlyOncePer', 20));
    const { stdout, stderr } = run('sh', ['-c', TRIAL_TESTS[runner]], { cwd: folder, status: 1 });
    for (const text of ['APP-TWICE', 'trialApp({ entry: "./src/order-service.ts"']) {
      if (!`${stdout}${stderr}`.includes(text)) throw new Error(`"${text}" is not in the output:\n${stdout}${stderr}`);
    }
  });
}

/** Installs the tarball alone, and runs a seed. npm has nothing to warn of. */
function quietInstall(folder, path) {
  const env = withPath(path);
  const node = run('node', ['--version'], { cwd: folder, env }).stdout.trim();
  const installed = run('npm', ['install', '--no-update-notifier', tarball], { cwd: folder, env });
  const warnings = `${installed.stdout}${installed.stderr}`.split('\n').filter((line) => /warn/i.test(line));
  if (warnings.length > 0) throw new Error(`npm on Node ${node} warns:\n${warnings.join('\n')}`);
  // Straight from the package's own entry, so that the Node in front of PATH starts it.
  const { stdout } = run('node', ['node_modules/kafka-trial/cli/trial.mjs', 'run', '--scenario', 'calm', '--seed', '1'], {
    cwd: folder,
    env,
  });
  if (!stdout.includes('PASSED')) throw new Error(`on Node ${node}: ${stdout}`);
}

function run(command, args, { status = 0, ...options }) {
  const child = spawnSync(command, args, { encoding: 'utf8', ...options });
  if (child.error !== undefined) throw child.error;
  if (child.status !== status) {
    throw new Error(`${command} ${args.join(' ')} ended with ${child.status}, not ${status}:\n${child.stdout}${child.stderr}`);
  }
  return child;
}

/** Runs one check and tells of it. Returns what it gave, `true` for nothing, null if it failed. */
function check(title, body) {
  try {
    const value = body() ?? true;
    process.stdout.write(`ok      ${title}\n`);
    return value;
  } catch (error) {
    failures++;
    process.stdout.write(`FAILED  ${title}\n${error.message}\n`);
    return null;
  }
}
