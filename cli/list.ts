import type { Command } from 'commander';
import { LIST_NAMES, listText } from '../reports/lists.ts';

export function listCommand(program: Command): void {
  program
    .command('list')
    .description(`list what there is: ${LIST_NAMES.join(', ')}`)
    .argument('<WHAT>', LIST_NAMES.join('|'))
    .action((what) => void process.stdout.write(`${listText(what)}\n`));
}
