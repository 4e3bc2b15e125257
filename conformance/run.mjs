// `npm run conformance`: real clients against a served cluster (AVA, with the arguments it takes), or, with --oracle, Apache
// Kafka itself beside a served cluster.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const given = process.argv.slice(2);
const oracle = given.includes('--oracle');
const rest = given.filter((argument) => argument !== '--oracle');
const avaPackage = new URL('../package.json', import.meta.resolve('ava'));
const ava = fileURLToPath(new URL(JSON.parse(readFileSync(avaPackage, 'utf8')).bin.ava, avaPackage));
// kafkajs sets timers to times that are over, which Node would warn of.
const program = oracle
  ? ['--disable-warning=TimeoutNegativeWarning', join(here, 'oracle/main.ts')]
  : [ava, '--config', 'conformance/ava.config.mjs'];

const child = spawn(process.execPath, [...program, ...rest], { stdio: 'inherit', cwd: dirname(here) });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
