/** The memory of a campaign's process: `node memory-pool.ts SCENARIO SEEDS-PER-WORKER WORKERS`, reports once. */
import '../campaign/campaign.ts';
import { plainJob } from '../campaign/job.ts';
import { WorkerPool } from '../campaign/pool.ts';
import type { PoolReport } from './memory.ts';

const [scenario = '', seedsPerWorker = '0', given = '1'] = process.argv.slice(2);
const workers = Number(given);
const STALL_LIMIT_MS = 120_000;

/** Everything that a campaign loads is loaded, no worker is started. */
const baseBytes = process.memoryUsage.rss();
const pool = new WorkerPool({ workers });
const jobs = Array.from({ length: Number(seedsPerWorker) * workers }, (_, i) => plainJob(scenario, i + 1, STALL_LIMIT_MS));
await Promise.all(jobs.map((job) => pool.submit(job)));
const report: PoolReport = { workers, baseBytes, peakBytes: process.resourceUsage().maxRSS * 1024 };
process.send?.(report);
await pool.close();
process.disconnect?.();
