import { type Command, Option } from 'commander';
import { initProject } from '../campaign/init/init-project.ts';
import { type Runner, RUNNERS } from '../campaign/init/templates.ts';

export function initCommand(program: Command): void {
  program
    .command('init')
    .description('write a first scenario, a test for the runner that the project has, and a GitHub Actions workflow')
    .argument('[DIR]', 'folder of the project', '.')
    .addOption(new Option('--runner <NAME>', 'test runner (default: the one among the dependencies)').choices(RUNNERS))
    .action((folder, { runner }: { runner?: Runner }) => {
      const { files, next } = initProject({ folder, ...(runner !== undefined && { runner }) });
      const width = Math.max(...next.map(([command]) => command.length));
      const lines = next.map(([command, what]) => `  ${command.padEnd(width)}  # ${what}`);
      process.stdout.write(`Written: ${files.join(', ')}.\nNow try:\n${lines.join('\n')}\n`);
    });
}
