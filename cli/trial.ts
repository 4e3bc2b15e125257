/** The `trial` command: its subcommands, and how errors become one sentence and an exit status. */
import { Command } from 'commander';
import { EXIT_MEANINGS } from '../campaign/usage.ts';
import { versions } from '../campaign/versions.ts';
import { campaignCommand } from './campaign.ts';
import { configsCommand } from './configs.ts';
import { consumeCommand } from './consume.ts';
import { explainCommand } from './explain.ts';
import { initCommand } from './init.ts';
import { listCommand } from './list.ts';
import { groupsCommand } from './groups.ts';
import { exitWith, tell } from './outcome.ts';
import { openCommand } from './open.ts';
import { produceCommand } from './produce.ts';
import { protocolCommand } from './protocol.ts';
import { replayCommand } from './replay.ts';
import { reportCommand } from './report.ts';
import { runCommand } from './run.ts';
import { serveCommand } from './serve.ts';
import { shrinkCommand } from './shrink.ts';
import { topicsCommand } from './topics.ts';
import { transactionsCommand } from './transactions.ts';
import { verifyCommand } from './verify.ts';
import { zooCommand } from './zoo.ts';

const program = new Command('trial')
  .description('Kafka on trial: a whole cluster in a deterministic, fault-injecting simulation')
  .version(versions().trial, '--version')
  .helpCommand(false)
  .exitOverride()
  .configureOutput({ writeErr: () => {} })
  .addHelpText(
    'after',
    `\nExit status:\n${EXIT_MEANINGS.map(([status, meaning]) => `${String(status).padStart(5)}  ${meaning}`).join('\n')}`,
  );

for (const add of [
  initCommand,
  runCommand,
  campaignCommand,
  replayCommand,
  verifyCommand,
  shrinkCommand,
  explainCommand,
  openCommand,
  zooCommand,
  reportCommand,
  listCommand,
  protocolCommand,
  serveCommand,
  topicsCommand,
  configsCommand,
  produceCommand,
  consumeCommand,
  groupsCommand,
  transactionsCommand,
]) {
  add(program);
}

// Whoever reads the output may stop reading.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

if (process.argv.length <= 2) process.stdout.write(program.helpInformation());
else await program.parseAsync().catch((error: unknown) => exitWith(tell(error)));
