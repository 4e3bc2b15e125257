import type { Command } from 'commander';
import { protocolText } from '../reports/lists.ts';

export function protocolCommand(program: Command): void {
  program
    .command('protocol')
    .description('the Kafka APIs and stored messages, with their versions')
    .option('--json', 'with their whole schemas', false)
    .action(({ json }) => void process.stdout.write(`${protocolText(json)}\n`));
}
