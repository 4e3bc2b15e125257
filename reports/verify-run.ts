/** `trial verify`: every seed twice, and what came of it. */
import { verify, type VerifyOptions } from '../campaign/verify.ts';
import { EXIT, type ExitStatus } from '../campaign/usage.ts';
import { verifyText } from './terminal.ts';

const LINE_MS = 5_000;

export async function verifyRun(options: VerifyOptions): Promise<ExitStatus> {
  let lastMs = performance.now();
  const report = await verify({
    ...options,
    onProgress: (done, all) => {
      if (performance.now() - lastMs < LINE_MS) return;
      lastMs = performance.now();
      process.stdout.write(`${done} of ${all} runs\n`);
    },
  });
  process.stdout.write(`${verifyText(report)}\n`);
  if (report.differences.length > 0 || report.errors.length > 0) return EXIT.harness;
  return report.interrupted ? EXIT.interrupted : EXIT.held;
}
